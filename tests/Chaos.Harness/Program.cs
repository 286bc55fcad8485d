using System.Globalization;
using InterCluster.Chaos.Harness;
using InterCluster.Chaos.Harness.Ledger;

if (args is ["ledger", var port, var file, var milliseconds, var failures, var seed])
{
    CultureInfo text = CultureInfo.InvariantCulture;
    await LedgerFunction.RunAsync(
        int.Parse(port, text), file, TimeSpan.FromMilliseconds(double.Parse(milliseconds, text)), double.Parse(failures, text), int.Parse(seed, text));
    return 0;
}

if (Arguments.Read(args) is not { } options)
{
    Console.Error.WriteLine(Arguments.Usage);
    return 2;
}

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};
CampaignReport report = await new Campaign(options, Console.WriteLine).RunAsync(interrupted.Token);
Console.WriteLine(report);
return report.IsClean ? 0 : 1;
