using System.CommandLine;

namespace InterCluster.Cli.CommandLine;

/// <summary><c>completion SHELL</c>: a script that asks this command itself (its suggest directive), so it never grows stale.</summary>
internal sealed class CompletionCommand : CliCommand
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh or fish" };

    public CompletionCommand(CliHost host)
        : base(host, "completion", "Print a script that completes verbs, options and the names of apps.",
        [
            "source <(intercluster completion bash)        # in ~/.bashrc",
            "source <(intercluster completion zsh)         # in ~/.zshrc, after compinit",
            "intercluster completion fish | source         # in ~/.config/fish/config.fish",
        ])
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Arguments.Add(_shell);
    }

    protected override Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        session.Host.Out.Write(session.Get(_shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash });
        return Task.FromResult(ExitCodes.Ok);
    }

    private const string Bash = """
        _intercluster() {
            local word="${COMP_WORDS[COMP_CWORD]}" line
            COMPREPLY=()
            while IFS= read -r line; do
                [[ "$line" == "$word"* ]] && COMPREPLY+=("$line")
            done < <(intercluster "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
        }
        complete -o default -F _intercluster intercluster

        """;

    private const string Zsh = """
        _intercluster() {
            local -a found
            found=("${(@f)$(intercluster "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            if [[ -n "${found[1]}" ]]; then
                compadd -- "${found[@]}"
            else
                _files
            fi
        }
        compdef _intercluster intercluster

        """;

    private const string Fish = """
        function __intercluster_complete
            set -l line (commandline -cp)
            intercluster "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c intercluster -a '(__intercluster_complete)'

        """;
}
