using Channels.Tests.EndToEnd;

namespace Channels.Tests.Support;

/// <summary>A sample as a process of its own with little memory, as in a small container: what kills it kills no test.</summary>
internal static class LimitedServer
{
    /// <summary>Starts a sample whose heap may not grow beyond a limit.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="heapMebibytes">The limit; the runtime ends the process when it needs more.</param>
    /// <param name="arguments">The sample's arguments.</param>
    public static Task<SampleProcess> StartAsync(string sample, int heapMebibytes, params string[] arguments)
    {
        var limit = $"0x{heapMebibytes * 1024L * 1024:X}";
        return SampleProcess.StartAsync(sample, new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = limit }, arguments);
    }
}
