using System.Globalization;
using System.Net;

namespace Channels.Kestrel;

/// <summary>
/// The command line, taken apart before the rest goes to configuration: the verb, the words behind it, bare flags and
/// the short switches that people know from other servers.
/// </summary>
internal sealed class CommandLine
{
    private const string DefaultHost = "127.0.0.1";
    private const int DefaultPort = 8000;

    public const string DefaultUrl = "http://127.0.0.1:8000";

    private static readonly string[] Switches =
        ["--bind", "--port", "--unix-socket", "--server-name", "--no-server-name", "--root-path", "--trusted-proxy", "--urls", "--access-log", "--help"];

    // What every .NET host reads from its configuration.
    private static readonly string[] HostKeys = ["--environment", "--contentRoot", "--applicationName"];

    private readonly List<string> _words = [];
    private readonly List<string> _keys = [];
    private readonly List<string> _configuration = [];
    private readonly List<string> _urls = [];
    private string? _host;
    private string? _port;
    private int _proxies;

    private CommandLine()
    {
    }

    /// <summary>The first word, wherever it stands.</summary>
    public string Verb => _words.Count == 0 ? ServeVerb.Word : _words[0];

    /// <summary>The words behind the verb.</summary>
    public IReadOnlyList<string> Words => _words.Count == 0 ? [] : _words[1..];

    /// <summary>What configuration reads, as <c>--key=value</c>.</summary>
    public IReadOnlyList<string> Configuration => _configuration;

    public bool Help { get; private set; }

    /// <summary>What is wrong with the command line, or null.</summary>
    public string? Error { get; private set; }

    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var line = new CommandLine();
        var next = 0;
        while (next < arguments.Count && line.Error is null)
        {
            line.Take(arguments, ref next);
        }

        line.AddUrls();
        return line;
    }

    /// <summary>What is wrong with the command line for a program with these verbs, or null.</summary>
    public string? FindError(IReadOnlyCollection<HostVerb> verbs)
    {
        if (Error is not null)
        {
            return Error;
        }

        if (verbs.FirstOrDefault(verb => verb.Name == Verb) is not { } chosen)
        {
            return CommandLineHelp.UnknownVerb(Verb, verbs);
        }

        if (chosen.Arguments.Length == 0 && Words.Count > 0)
        {
            return $"'{chosen.Name}' takes no words, but '{HeaderText.Escape(Words[0])}' stands behind it. --help tells more.";
        }

        // A key of one's own may be called anything but almost like a switch: a slip of the pen would start the program otherwise than it was meant.
        string[] read = [.. HostKeys, .. verbs.SelectMany(verb => CommandLineHelp.SwitchesOf(verb))];
        return _keys.Where(key => key.StartsWith("--", StringComparison.Ordinal) && !read.Contains(key, StringComparer.OrdinalIgnoreCase))
            .Select(key => (Key: key[2..], Meant: NearestName.Find(key[2..], Switches.Concat(read).Select(known => known[2..]))))
            .Where(key => key.Meant is not null)
            .Select(key => $"'--{HeaderText.Escape(key.Key)}' is not a known switch; did you mean '--{key.Meant}'? If it is a key of your own, write it without dashes: {HeaderText.Escape(key.Key)}=VALUE.")
            .FirstOrDefault();
    }

    private static bool IsWord(string argument) => argument.Length > 0 && argument[0] is not ('-' or '/') && !argument.Contains('=', StringComparison.Ordinal);

    private void Take(IReadOnlyList<string> arguments, ref int next)
    {
        var argument = arguments[next++];
        if (argument is "-h" or "--help" or "-?")
        {
            Help = true;
        }
        else if (argument is "--no-server-name")
        {
            Set("Channels:Server:ServerHeader", "");
        }
        else if (argument is "--access-log")
        {
            Set("Channels:Server:AccessLog", "true");
        }
        else if (IsWord(argument))
        {
            _words.Add(argument);
        }
        else
        {
            TakePair(argument, arguments, ref next);
        }
    }

    private void TakePair(string argument, IReadOnlyList<string> arguments, ref int next)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? argument : argument[..equals];
        string? value = equals < 0 ? null : argument[(equals + 1)..];
        if (value is null && (next >= arguments.Count || arguments[next].StartsWith('-')))
        {
            Error = $"'{HeaderText.Escape(argument)}' needs a value: {HeaderText.Escape(argument)} VALUE{NearestName.Hint(argument, Switches.Where(known => known != argument))}";
            return;
        }

        value ??= arguments[next++];
        switch (name)
        {
            case "-b" or "--bind":
                _host = value;
                break;
            case "-p" or "--port":
                _port = value;
                break;
            case "-u" or "--unix-socket":
                _urls.Add($"http://unix:{Path.GetFullPath(value)}");
                break;
            case "-s" or "--server-name":
                Set("Channels:Server:ServerHeader", value);
                break;
            case "--root-path":
                Set("Channels:Server:RootPath", value);
                break;
            case "--trusted-proxy":
                Set($"Channels:Server:TrustedProxies:{_proxies++}", value);
                break;
            case "--urls":
                _urls.AddRange(value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
                break;
            case ['-', not '-', ..]:
                Error = $"'{HeaderText.Escape(name)}' is not a known switch; --help lists those that are.";
                break;
            case "--no-server-name" or "--access-log" or "--help":
                Error = $"'{name}' takes no value.";
                break;
            default:
                _keys.Add(name);
                Set(name.TrimStart('-', '/'), value);
                break;
        }
    }

    private void Set(string key, string value) => _configuration.Add($"--{key}={value}");

    private void AddUrls()
    {
        if (_host is not null || _port is not null)
        {
            var port = DefaultPort;
            if (_port is not null && !(int.TryParse(_port, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort))
            {
                Error ??= $"'{HeaderText.Escape(_port)}' is not a port: give a number from 0 (any free port) to 65535.";
                return;
            }

            _urls.Add($"http://{Bracketed(_host ?? DefaultHost)}:{port}");
        }

        if (_urls.Count > 0)
        {
            Set("urls", string.Join(';', _urls));
        }
    }

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;
}
