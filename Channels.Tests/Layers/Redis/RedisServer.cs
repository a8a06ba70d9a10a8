using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>A real redis-server on a free loopback port, without persistence, that can be killed, frozen and started again.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly string _program;
    private readonly string[] _arguments;
    private readonly TestFolder _folder = new();
    private string? _configuration;
    private bool _isGarnet;
    private bool _mayMove;
    private bool _isTouched;
    private Process? _process;

    private RedisServer(string program, string[] arguments) => (_program, _arguments) = (program, arguments);

    public int Port { get; private set; } = FreePort.Next();

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Starts a server, or skips the test when there is none on this machine.</summary>
    public static async Task<RedisServer> StartAsync(params string[] arguments)
    {
        var server = new RedisServer(ExternalTools.Require("redis-server"), arguments) { _mayMove = true };
        await server.RestartAsync();
        server._mayMove = false; // clients know its address from here on
        return server;
    }

    /// <summary>A server that is not running yet; its address is fixed.</summary>
    public static RedisServer NotStarted(params string[] arguments) => new(ExternalTools.Require("redis-server"), arguments);

    /// <summary>A sentinel that is not running yet.</summary>
    /// <param name="configuration">Its configuration file, which it rewrites.</param>
    public static RedisServer Sentinel(string configuration) => new(ExternalTools.Require("redis-sentinel"), []) { _configuration = configuration };

    /// <summary>Starts Garnet, with the scripts that it leaves off by itself.</summary>
    public static async Task<RedisServer> StartGarnetAsync()
    {
        var server = new RedisServer(ExternalTools.Require("garnet-server"), []) { _isGarnet = true };
        await server.RestartAsync();
        return server;
    }

    /// <summary>Starts the server on its port; a former run left nothing behind.</summary>
    public async Task RestartAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            var port = Port.ToString(CultureInfo.InvariantCulture);
            string[] common = _configuration is not null ? [_configuration, "--port", port]
                : _isGarnet ? ["--port", port, "--bind", "127.0.0.1", "--lua", "--checkpointdir", _folder.Path]
                : ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--appendfsync", "always", "--dir", _folder.Path, "--enable-debug-command", "local"]; // always: what was answered outlives a kill
            _process = Process.Start(new ProcessStartInfo(_program, [.. common, .. _arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!; // null only for shell execution
            _process.OutputDataReceived += static (_, _) => { };
            _process.BeginOutputReadLine();
            if (await AnswersAsync())
            {
                return;
            }

            await KillAsync();
            Assert.That(attempt, Is.LessThan(3), "redis-server does not start");
            Port = _mayMove ? FreePort.Next() : Port; // somebody may have that of a cluster's own talk, which lies 10,000 higher
        }
    }

    /// <summary>Takes everything from it that former clients have left, if it has only been used: one that was killed, frozen or started in a way of its own is not like new.</summary>
    /// <returns>Whether it is like a server that has just been started.</returns>
    public async Task<bool> RenewAsync()
    {
        if (_isTouched || _arguments.Length > 0 || _isGarnet || _configuration is not null)
        {
            return false;
        }

        string[][] commands = [["CLIENT", "KILL", "TYPE", "pubsub"], ["CLIENT", "KILL", "TYPE", "normal"], ["FLUSHALL"], ["SCRIPT", "FLUSH"], ["CONFIG", "RESETSTAT"]];
        foreach (var command in commands)
        {
            var answer = await CommandAsync(command);
            Assert.That(answer, Does.Not.StartWith("-"), string.Join(' ', command));
        }

        return true;
    }

    /// <summary>How often a command was called, by its name in small letters.</summary>
    public async Task<long> CallsAsync(string command, string kind = "calls")
    {
        var line = (await CommandAsync("INFO", "commandstats")).Split('\n').FirstOrDefault(line => line.StartsWith($"cmdstat_{command}:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split($"{kind}=")[1].Split(',')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Ends the server the hard way.</summary>
    public async Task KillAsync()
    {
        _isTouched = true;
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>Stops the server's process without ending it.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>Lets a frozen server go on.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    /// <summary>Sends one command on a connection of its own and gives the raw answer, line ends as \n.</summary>
    /// <remarks>Asked once more when the connection is cut: a failover kills all clients.</remarks>
    public async Task<string> CommandAsync(params string[] command)
    {
        var request = Encoding.Latin1.GetBytes(Resp(command));
        string answer;
        try
        {
            answer = await TalkAsync(request);
        }
        catch (IOException)
        {
            answer = await TalkAsync(request);
        }

        return answer.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>How many seconds a key has left.</summary>
    public async Task<long> SecondsToLiveAsync(string key) => long.Parse((await CommandAsync("TTL", key)).AsSpan(1), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await ThawAsync();
        }

        await KillAsync();
        _folder.Dispose();
    }

    private static string Resp(string[] command) =>
        $"*{command.Length}\r\n" + string.Concat(command.Select(part => $"${part.Length}\r\n{part}\r\n"));

    private async Task<string> TalkAsync(byte[] request)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", Port);
        var stream = client.GetStream();
        await stream.WriteAsync(request);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = new StringBuilder();
        await ReadReplyAsync(reader, answer);
        return answer.ToString();
    }

    // One reply, as it is on the wire; a sentinel does not know QUIT, so the end of the connection cannot tell.
    private static async Task ReadReplyAsync(StreamReader reader, StringBuilder answer)
    {
        var line = await reader.ReadLineAsync() ?? throw new IOException("the server closed the connection");
        answer.Append(line).Append("\r\n");
        var count = line[0] is '$' or '*' ? int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) : -1;
        if (line[0] == '$' && count >= 0)
        {
            var content = new char[count + 2];
            await reader.ReadBlockAsync(content);
            answer.Append(content);
        }

        for (var i = 0; line[0] == '*' && i < count; i++)
        {
            await ReadReplyAsync(reader, answer);
        }
    }

    // However long it takes to begin: one that cannot, ends.
    private async Task<bool> AnswersAsync()
    {
        var start = Stopwatch.GetTimestamp();
        while (_process is { HasExited: false } && Stopwatch.GetElapsedTime(start) < Eventually.Patience)
        {
            try
            {
                var answer = await CommandAsync("PING");
                if (answer.StartsWith("+PONG", StringComparison.Ordinal))
                {
                    return true;
                }

                start = answer.StartsWith("-LOADING", StringComparison.Ordinal) ? Stopwatch.GetTimestamp() : start; // it is there, and takes its time
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // not listening yet
            }

            await Pace.TryAgainAsync();
        }

        return false;
    }

    private async Task SignalAsync(string signal)
    {
        _isTouched = true;
        using var kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
