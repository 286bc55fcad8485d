using System.Globalization;
using Examples.Picture;

const int MaxShapes = 1000;
const int MaxColumns = 200;

// What is drawn when a call brings no picture of its own.
Picture shipped = PngReader.Read(File.ReadAllBytes(Environment.GetEnvironmentVariable("PICTURE") ?? "../data/chelsea.png"));

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "8080"}");
WebApplication app = builder.Build();

app.MapGet("/ready", () => "ready");
app.MapMethods("/ascii", ["GET", "POST"], (HttpRequest request, int? columns, CancellationToken ct) =>
    DrawAsync(request, columns is null or (>= 8 and <= MaxColumns), $"columns is from 8 to {MaxColumns}.",
        picture => Results.Text(AsciiArt.Draw(picture, columns ?? 72)), ct));
app.MapMethods("/edges", ["GET", "POST"], (HttpRequest request, CancellationToken ct) =>
    DrawAsync(request, true, "", picture => Png(Edges.Find(picture)), ct));
app.MapMethods("/paint", ["GET", "POST"], (HttpRequest request, HttpResponse response, int? shapes, int? seed, CancellationToken ct) =>
    DrawAsync(request, shapes is null or (>= 1 and <= MaxShapes), $"shapes is from 1 to {MaxShapes}.",
        picture => Paint(picture, response, shapes ?? 150, seed ?? 1, ct), ct));

await app.RunAsync();

async Task<IResult> DrawAsync(HttpRequest request, bool valid, string mistake, Func<Picture, IResult> draw, CancellationToken ct)
{
    if (!valid)
    {
        return Results.Problem(mistake, statusCode: 400);
    }

    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body, ct);
    try
    {
        return draw(body.Length == 0 ? shipped : PngReader.Read(body.ToArray()));
    }
    catch (InvalidDataException e)
    {
        return Results.Problem(e.Message, statusCode: 415);
    }
}

static IResult Paint(Picture picture, HttpResponse response, int shapes, int seed, CancellationToken ct)
{
    var painter = new Painter(picture, new Random(seed));
    double before = painter.Difference;
    for (int i = 0; i < shapes; i++)
    {
        ct.ThrowIfCancellationRequested();
        painter.AddShape();
    }

    response.Headers["X-Shapes"] = painter.Shapes.ToString(CultureInfo.InvariantCulture);
    response.Headers["X-Difference"] = string.Create(CultureInfo.InvariantCulture, $"{before:0.0} -> {painter.Difference:0.0} of 255");
    return Png(painter.Canvas);
}

static IResult Png(Picture picture) => Results.Bytes(PngWriter.Write(picture), "image/png");
