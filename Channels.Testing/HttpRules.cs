namespace Channels.Testing;

/// <summary>The states of an HTTP response as its application sees them (ASGI HTTP specification).</summary>
internal sealed class HttpRules : SendRules
{
    private State _state;
    private bool _trailers;

    private enum State
    {
        Waiting,
        Started,
        Trailing,
        Complete,
    }

    /// <inheritdoc/>
    public override Event? Check(Event message)
    {
        switch (_state, message)
        {
            case (State.Waiting, HttpResponseStart start):
                if (start.Status is < 200 or > 599)
                {
                    throw new IllegalEventException($"The status {start.Status} cannot be sent: use 200 to 599.");
                }

                (_state, _trailers) = (State.Started, start.Trailers);
                return null;
            case (State.Started, HttpResponseBody { MoreBody: true }):
            case (State.Trailing, HttpResponseTrailers { MoreTrailers: true }):
                return null;
            case (State.Started, HttpResponseBody) when _trailers:
                _state = State.Trailing;
                return null;
            case (State.Started, HttpResponseBody):
            case (State.Trailing, HttpResponseTrailers):
                _state = State.Complete;
                return HttpDisconnect.Instance;
            default:
                throw Illegal(message);
        }
    }

    private IllegalEventException Illegal(Event message) => _state switch
    {
        State.Waiting => new(message, "waiting for a response", "http.response.start"),
        State.Started => new(message, "in the middle of a response", "http.response.body"),
        State.Trailing => new(message, "waiting for the announced trailers", "http.response.trailers"),
        _ => new(message, "done with its response"),
    };
}
