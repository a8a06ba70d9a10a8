using System.Diagnostics;
using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>A Node script of the folder <c>node</c> that tells its progress in lines and is told to go on in lines.</summary>
internal sealed class NodeScript : IAsyncDisposable
{
    private static readonly TimeSpan Enough = Eventually.Patience;
    private readonly Process _process;
    private readonly StringBuilder _transcript = new();

    public NodeScript(string script, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(ExternalTools.Require("node"), [script, .. arguments])
        {
            WorkingDirectory = ExternalTools.NodeFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!; // null only with the shell
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>Runs a script to its end and expects success.</summary>
    public static async Task RunAsync(string script, params string[] arguments)
    {
        await using var node = new NodeScript(script, arguments);
        await node.ExpectEndAsync();
    }

    /// <summary>Reads lines until the given one; fails when the script ends without it.</summary>
    public async Task ExpectLineAsync(string expected)
    {
        while (await ReadLineAsync() is { } line)
        {
            if (line == expected)
            {
                return;
            }
        }

        Assert.Fail($"The script ended before '{expected}':\n{await TranscriptAsync()}");
    }

    public async Task SendLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public async Task ExpectEndAsync()
    {
        while (await ReadLineAsync() is not null)
        {
        }

        await _process.WaitForExitAsync().WaitAsync(Enough);
        Assert.That(_process.ExitCode, Is.Zero, await TranscriptAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<string?> ReadLineAsync()
    {
        string? line;
        try
        {
            line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Enough);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The script hangs:\n{_transcript}");
            throw;
        }

        Note(line);
        return line;
    }

    private async Task<string> TranscriptAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Enough); // so that all of standard error has been read
        lock (_transcript)
        {
            return _transcript.ToString();
        }
    }

    private void Note(string? line)
    {
        lock (_transcript)
        {
            _transcript.AppendLine(line);
        }
    }
}
