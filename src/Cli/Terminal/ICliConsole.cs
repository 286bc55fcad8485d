using System.Text.Json;

namespace InterCluster.Cli.Terminal;

/// <summary>All that a verb may say and ask. With <c>--json</c>, standard output holds JSON only and everything for people goes to standard error.</summary>
internal interface ICliConsole
{
    /// <summary>True when scripts read standard output as JSON.</summary>
    bool IsJson { get; }

    /// <summary>True when somebody looks at standard output.</summary>
    bool IsTerminal { get; }

    /// <summary>True when a person can be asked something.</summary>
    bool CanAsk { get; }

    /// <summary>What was asked for, for people.</summary>
    IHumanOutput Result { get; }

    /// <summary>What is worth knowing beside it, on standard error.</summary>
    IHumanOutput Notes { get; }

    /// <summary>Standard output for a body: the bytes as they are, or made safe when a terminal shows them.</summary>
    Stream OpenBody();

    /// <summary>One JSON document on a line of its own, indented for a terminal.</summary>
    void Json(JsonElement document);

    /// <summary>Asks; only when <see cref="CanAsk"/>.</summary>
    bool Confirm(string question);
}
