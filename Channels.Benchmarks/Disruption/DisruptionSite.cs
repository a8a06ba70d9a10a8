using System.Net;

namespace Channels.Benchmarks;

/// <summary>What is disturbed: servers with <c>/history/{group}</c>, and what they talk through.</summary>
internal abstract class DisruptionSite : IDisposable
{
    /// <summary>Where clients connect, in turn; read anew for each connection, by any thread.</summary>
    internal abstract IReadOnlyList<IPEndPoint> EndPoints { get; }

    /// <summary>Where the publisher is connected: a server that stays.</summary>
    internal virtual IPEndPoint PublishTo => EndPoints[^1];

    /// <summary>Disturbs servers; may take a while.</summary>
    internal virtual void Strike()
    {
    }

    public abstract void Dispose();
}
