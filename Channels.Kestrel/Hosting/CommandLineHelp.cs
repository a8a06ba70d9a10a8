using System.Text;
using System.Text.RegularExpressions;

namespace Channels.Kestrel;

/// <summary>The help text, and the complaint about a verb that does not exist.</summary>
internal static partial class CommandLineHelp
{
    public static string Text(string program, IEnumerable<HostVerb> verbs)
    {
        var text = new StringBuilder($"Usage: {program} [VERB] [switches] [--key value …]\n\nVerbs:\n");
        foreach (var verb in verbs)
        {
            var call = verb.Arguments.Length == 0 ? verb.Name : $"{verb.Name} {verb.Arguments}";
            text.Append("  ").Append(call.PadRight(32)).Append(' ').AppendLine(verb.Summary);
        }

        return text.Append(
            """

            Switches:
              -p, --port N                     port on 127.0.0.1, or on the host of --bind; 0 takes a free one (default 8000)
              -b, --bind HOST                  host to listen on (default 127.0.0.1)
              -u, --unix-socket PATH           unix socket to listen on
                  --urls URL;URL               what to listen on, as URLs
              -s, --server-name NAME           value of the Server header (default: none); --no-server-name leaves it out
                  --root-path PATH             where the site is mounted from the client's point of view
                  --trusted-proxy ADDRESS      a proxy whose forwarded headers are believed; repeatable
                  --access-log                 log each request
              -h, --help                       this text

            Everything else goes to configuration: --Kestrel:Endpoints:Web:Url http://*:8080

            """).ToString();
    }

    public static string UnknownVerb(string verb, IEnumerable<HostVerb> verbs) =>
        $"'{HeaderText.Escape(verb)}' is not a verb{NearestName.Hint(verb, verbs.Select(known => known.Name))} There are: {string.Join(", ", verbs.Select(known => known.Name))}. --help tells more.";

    /// <summary>The switches that a verb's own text names.</summary>
    public static IEnumerable<string> SwitchesOf(HostVerb verb) => Switch().Matches(verb.Arguments).Select(match => match.Value);

    [GeneratedRegex("--[a-z][a-z-]*", RegexOptions.IgnoreCase)]
    private static partial Regex Switch();
}
