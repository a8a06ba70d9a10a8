using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Channels.Kestrel;

/// <summary>
/// Counts connections where they are accepted, and has closed the one that is too many before it accepts the next: thousands
/// may wait to be accepted, and if they were counted by who serves them, which is later, a burst would take all files of the
/// process, and what it loads just then would end it.
/// </summary>
/// <param name="inner">The transport's listener.</param>
/// <param name="gate">Counts the connections.</param>
internal sealed class GatedListener(IConnectionListener inner, ConnectionGate gate) : IConnectionListener
{
    /// <inheritdoc/>
    public EndPoint EndPoint => inner.EndPoint;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // one waits at a time, and each would be an object
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await inner.AcceptAsync(cancellationToken) is { } connection)
        {
            if (gate.TryEnter())
            {
                return new GatedConnection(connection, gate);
            }

            await connection.DisposeAsync(); // not aborted: its client shall read an end, not a reset
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
