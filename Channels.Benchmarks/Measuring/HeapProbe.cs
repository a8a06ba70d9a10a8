using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace Channels.Benchmarks;

/// <summary>
/// Reads from outside how much of a .NET server's heap is alive: opening an event session with the right keyword makes
/// the runtime collect everything, and the collection reports what survived it.
/// </summary>
internal sealed class HeapProbe(int processId)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="step">Keeps the load going for a moment.</param>
    /// <returns>Bytes that survived a full collection, or null when none was reported in time.</returns>
    internal long? Measure(Action step)
    {
        const long keywords = (long)(ClrTraceEventParser.Keywords.GC | ClrTraceEventParser.Keywords.GCHeapCollect);
        var provider = new EventPipeProvider(ClrTraceEventParser.ProviderName, EventLevel.Informational, keywords);
        using var session = new DiagnosticsClient(processId).StartEventPipeSession([provider], requestRundown: false);
        var survived = 0L;
        var reader = new Thread(() => Read(session, bytes => Volatile.Write(ref survived, bytes))) { IsBackground = true, Name = "collections" };
        reader.Start();
        for (var end = DateTime.UtcNow + Patience; Volatile.Read(ref survived) == 0 && DateTime.UtcNow < end;)
        {
            step();
        }

        session.Stop();
        reader.Join(Patience);
        return Volatile.Read(ref survived) is > 0 and var found ? found : null;
    }

    private static void Read(EventPipeSession session, Action<long> report)
    {
        using var source = new EventPipeEventSource(session.EventStream);
        var isFull = false;
        source.Clr.GCStart += collection => isFull = collection.Depth == 2;
        source.Clr.GCHeapStats += heap =>
        {
            if (isFull) report(heap.TotalPromoted);
        };
        EventStream.ReadToItsEnd(source);
    }
}
