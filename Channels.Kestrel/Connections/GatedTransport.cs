using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Channels.Kestrel;

/// <summary>A transport whose listeners accept only what the gate lets in.</summary>
/// <param name="inner">The transport.</param>
/// <param name="gate">Counts the connections.</param>
internal sealed class GatedTransport(IConnectionListenerFactory inner, ConnectionGate gate) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new GatedListener(await inner.BindAsync(endpoint, cancellationToken), gate);
}
