using System.Threading.Tasks.Sources;

namespace Channels.Tests.Consumers;

/// <summary>A connection whose events the test lets arrive one by one, without allocating, on the test's own thread.</summary>
internal sealed class EventSource : IValueTaskSource<Event>
{
    private readonly WebSocketReceive _event = new(WebSocketMessageKind.Text, default);
    private ManualResetValueTaskSourceCore<Event> _core;
    private bool _connected;

    public ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        if (!_connected)
        {
            _connected = true;
            return new(WebSocketConnect.Instance);
        }

        _core.Reset();
        return new(this, _core.Version);
    }

    public void Arrive() => _core.SetResult(_event);

    public void End() => _core.SetResult(new WebSocketDisconnect(1000));

    Event IValueTaskSource<Event>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Event>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Event>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
