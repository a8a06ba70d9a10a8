using Microsoft.Diagnostics.Tracing;

namespace Channels.Benchmarks;

/// <summary>The events of a server's runtime, as they come.</summary>
internal static class EventStream
{
    /// <summary>Calls the source's handlers until the session is over. When server or session end first, figures are missing, and the run goes on.</summary>
    internal static void ReadToItsEnd(EventPipeEventSource source)
    {
        try
        {
            source.Process();
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException or FormatException or InvalidOperationException)
        {
            // On a thread of its own: thrown on, it would end the whole program.
        }
    }
}
