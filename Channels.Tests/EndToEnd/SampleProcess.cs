using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>A sample, or another program, as a process of its own, as its users run it; killed when the test is done with it.</summary>
internal sealed partial class SampleProcess : IAsyncDisposable
{
    private static readonly TimeSpan Enough = Eventually.Patience;
    private static readonly string Runtime = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
    private readonly Process _process;
    private readonly bool _isWorker;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SampleProcess(string sample, IEnumerable<string> arguments, ProcessLimits? limits = null)
    {
        _isWorker = arguments.FirstOrDefault() == "worker";
        _process = new Process
        {
            StartInfo = new ProcessStartInfo
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Path.GetTempPath(), // a sample must not depend on where it is started
            },
        };
        var command = Command(sample, arguments, limits?.OpenFiles);
        _process.StartInfo.FileName = command[0];
        foreach (var argument in command[1..])
        {
            _process.StartInfo.ArgumentList.Add(argument);
        }

        if (limits?.HeapMebibytes is { } heap)
        {
            _process.StartInfo.Environment["DOTNET_GCHeapHardLimit"] = $"0x{heap * 1024L * 1024:X}";
        }

        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
    }

    /// <summary>The addresses the program says it listens on.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    public Uri Url => Addresses[0];

    public string Output => OutputSince(0);

    /// <summary>How many characters the program has said.</summary>
    public int OutputLength
    {
        get
        {
            lock (_output)
            {
                return _output.Length;
            }
        }
    }

    /// <summary>The file to run.</summary>
    /// <param name="sample">The name of a sample, or the path of another program made with the framework.</param>
    public static string ProgramOf(string sample) => Path.IsPathRooted(sample)
        ? sample
        : Repository.PathOf("samples", sample, "bin", Repository.Configuration, "net10.0", sample + ".dll");

    /// <summary>Runs a sample that ends by itself.</summary>
    /// <param name="sample">Its name, or the path of a program that was published.</param>
    /// <param name="arguments">The command line.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(string sample, params string[] arguments)
    {
        await using var process = new SampleProcess(sample, arguments);
        process.Launch();
        await process._process.WaitForExitAsync().WaitAsync(Enough);
        return (process._process.ExitCode, process.Output);
    }

    /// <summary>Starts a sample and waits until it listens, or reads its channels when it is a worker. Without arguments it gets a free port of 127.0.0.1.</summary>
    public static Task<SampleProcess> StartAsync(string sample, params string[] arguments) => StartAsync(sample, limits: null, arguments);

    /// <summary>As <see cref="StartAsync(string, string[])"/>, with limits.</summary>
    public static async Task<SampleProcess> StartAsync(string sample, ProcessLimits? limits, params string[] arguments)
    {
        var process = new SampleProcess(sample, arguments.Any(a => a.Contains("rls", StringComparison.Ordinal) || a.Contains("Endpoints", StringComparison.Ordinal) || a == "--port") || arguments is ["worker", ..]
            ? arguments
            : [.. arguments, "--urls", "http://127.0.0.1:0"], limits);
        await process.StartAsync();
        return process;
    }

    public int Id => _process.Id;

    /// <summary>Whether the program has not ended.</summary>
    public bool IsAlive => !_process.HasExited;

    /// <summary>What the program has said since <see cref="OutputLength"/> was so much.</summary>
    public string OutputSince(int length)
    {
        lock (_output)
        {
            return _output.ToString(length, _output.Length - length);
        }
    }

    public Uri WebSocketUrl(string path) => new UriBuilder(new Uri(Url, path)) { Scheme = "ws" }.Uri;

    /// <summary>Asks the program to end (SIGTERM), as a service manager does, and returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(Enough);
        return _process.ExitCode;
    }

    /// <summary>Ends the program without asking it (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    // Only a shell can lower the limit of a process that it starts, for this one alone.
    private static string[] Command(string sample, IEnumerable<string> arguments, int? openFiles)
    {
        var program = ProgramOf(sample);
        string[] command = program.EndsWith(".dll", StringComparison.Ordinal) ? [Runtime, "exec", program, .. arguments] : [program, .. arguments];
        return openFiles is { } files ? ["bash", "-c", $"ulimit -n {files} && exec \"$@\"", "bash", .. command] : command;
    }

    private async Task StartAsync()
    {
        Launch();
        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(_listening.Task, ended, Task.Delay(Enough)) != _listening.Task)
        {
            await DisposeAsync();
            Assert.Fail($"The sample does not listen:\n{Output}");
        }

        Addresses = [.. (await _listening.Task).Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(address => new Uri(address))];
    }

    private void Launch()
    {
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (_isWorker && line.Contains("Worker reads channel", StringComparison.Ordinal))
        {
            _listening.TrySetResult("");
        }
        else if (ListeningLine().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(match.Groups[1].Value);
        }
    }

    [GeneratedRegex(@"Listening on (.+?)\s*$")]
    private static partial Regex ListeningLine();
}
