using System.Net;

namespace Channels.Benchmarks;

/// <summary>What is disturbed: servers, and what they talk through; <c>/history/{group}</c> of the conformance sample, unless its clients are others.</summary>
internal abstract class DisruptionSite : IDisposable
{
    /// <summary>Where clients connect, in turn; read anew for each connection, by any thread.</summary>
    internal abstract IReadOnlyList<IPEndPoint> EndPoints { get; }

    /// <summary>Where the publisher is connected: a server that stays.</summary>
    internal virtual IPEndPoint PublishTo => EndPoints[^1];

    /// <summary>A client of the servers.</summary>
    /// <param name="delays">Where it notes how late messages come; null for nowhere.</param>
    internal virtual ResumingClient MakeClient(LatencyHistogram? delays) => new HistoryClient("disrupted", delays);

    /// <summary>Whether there is anything to disturb besides connections.</summary>
    internal virtual bool IsStruck => false;

    /// <summary>Disturbs servers; may take a while.</summary>
    internal virtual void Strike()
    {
    }

    public abstract void Dispose();
}
