using System.Text.Encodings.Web;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using Spectre.Console;

namespace InterCluster.Cli.Terminal;

/// <inheritdoc cref="ICliConsole"/>
internal sealed class CliConsole : ICliConsole
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    private readonly CliHost _host;

    public CliConsole(CliHost host, bool json)
    {
        _host = host;
        IsJson = json;
        Notes = Output(host, host.Error, host.ErrorIsTerminal);
        Result = json ? Notes : Output(host, host.Out, host.OutIsTerminal);
    }

    public bool IsJson { get; }

    public bool IsTerminal => _host.OutIsTerminal && !IsJson;

    public bool CanAsk => _host.InputIsTerminal && _host.ErrorIsTerminal && !IsJson;

    public IHumanOutput Result { get; }

    public IHumanOutput Notes { get; }

    public Stream OpenBody() => _host.OutIsTerminal ? new SafeTextStream(_host.Out) : _host.OutBytes;

    public void Json(JsonElement document)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, _host.OutIsTerminal ? Indented : Compact))
        {
            document.WriteTo(writer);
        }

        string text = System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        _host.Out.WriteLine(_host.OutIsTerminal ? SafeText.Block(text) : text);
    }

    public bool Confirm(string question)
    {
        _host.Error.Write($"{SafeText.Line(question)} [y/N] ");
        using var reader = new StreamReader(_host.Input, leaveOpen: true);
        return reader.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private static IHumanOutput Output(CliHost host, TextWriter writer, bool terminal) =>
        terminal ? new RichOutput(Ansi(host, writer, host.Width), Ansi(host, writer, width: 1 << 20)) : new PlainOutput(writer, host.Time);

    private static IAnsiConsole Ansi(CliHost host, TextWriter writer, int width)
    {
        bool colours = host.Variable("NO_COLOR") is null && host.Variable("TERM") is not "dumb";
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = colours ? InteractionSupport.Yes : InteractionSupport.No,
        });
        console.Profile.Width = width;
        return console;
    }
}
