using System.Diagnostics;
using Channels.Tests.EndToEnd;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>
/// The conformance sample in a process with 256 MiB of heap and otherwise defaults, with its <see cref="Canary"/>. Its first
/// endpoint speaks HTTP/1.1, its second HTTP/2 without TLS.
/// </summary>
internal sealed class HostileServer : IAsyncDisposable
{
    /// <summary>What one address may have open where that is little.</summary>
    public const int FewPerAddress = 200;

    /// <summary>How many files it may have open where they are few.</summary>
    public const int FewFiles = 512;

    private const int HeapMebibytes = 256;
    private const int RestingRounds = 10;
    private const int LargeBodies = 10;

    private static readonly byte[] LargeBody = new byte[900_000];

    private readonly SampleProcess _process;

    private HostileServer(SampleProcess process, Canary canary) => (_process, Canary) = (process, canary);

    public Canary Canary { get; }

    /// <summary>How long echoes take while nobody attacks: the worst that was measured, so that a busy machine is no attack.</summary>
    public Latency Rest { get; private set; } = new(0, default, default);

    public Uri Http1 => _process.Addresses[0];

    public Uri Http2 => _process.Addresses[1];

    public bool IsAlive => _process.IsAlive;

    /// <summary>What the process has logged.</summary>
    public string Output => _process.Output;

    /// <summary>The most memory the process had, in MiB.</summary>
    public long PeakMebibytes => Ask(process => process.PeakWorkingSet64 >> 20);

    /// <summary>What the process has used of the processors.</summary>
    public TimeSpan ProcessorTime => Ask(process => process.TotalProcessorTime);

    /// <summary>How many files and sockets it has open; 0 where the system does not tell.</summary>
    public int OpenFiles => $"/proc/{_process.Id}/fd" is var folder && Directory.Exists(folder) ? Directory.GetFiles(folder).Length : 0;

    public static async Task<HostileServer> StartAsync(HostileServerKind kind)
    {
        var limits = new ProcessLimits { HeapMebibytes = HeapMebibytes, OpenFiles = kind == HostileServerKind.FewFiles ? FewFiles : null };
        string[] arguments = kind switch
        {
            HostileServerKind.Compression => ["--compression"],
            HostileServerKind.FewPerAddress => [$"--Channels:Server:MaxWebSocketsPerAddress={FewPerAddress}"],
            _ => [],
        };
        var process = await ConformanceServer.StartAsync(limits, arguments);
        var server = new HostileServer(process, await Canary.StartAsync(process.Url, kind == HostileServerKind.Compression));
        await server.MeasureRestAsync();
        return server;
    }

    /// <summary>Whether it has memory for newcomers: as many large bodies at once as attackers must not keep out.</summary>
    public async Task<bool> TakesLargeBodiesAsync()
    {
        using var http = new HttpClient { BaseAddress = Http1 };
        var answers = await Task.WhenAll(Enumerable.Range(0, LargeBodies).Select(async _ =>
        {
            try
            {
                using var answer = await http.PostAsync(new Uri("/group/after", UriKind.Relative), new ByteArrayContent(LargeBody));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // refused with 503 before the body had been sent: the end of the connection may come before the answer
            }
        }));
        return answers.All(taken => taken);
    }

    public async Task MeasureRestAsync()
    {
        await Canary.MoreRoundsAsync(2); // none of them was under way in the attack
        Canary.BeginMeasurement();
        await Canary.MoreRoundsAsync(RestingRounds);
        var measured = Canary.Measured;
        Rest = measured.P99 > Rest.P99 ? measured : Rest;
    }

    public async ValueTask DisposeAsync()
    {
        Canary.Dispose();
        await _process.DisposeAsync();
    }

    private T Ask<T>(Func<Process, T> question)
    {
        using var process = Process.GetProcessById(_process.Id);
        return question(process);
    }
}
