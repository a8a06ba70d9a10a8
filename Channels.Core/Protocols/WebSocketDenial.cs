using System.Globalization;

namespace Channels.Extending;

/// <summary>
/// The response with which an application refuses a handshake: what its start and its body must keep to. Made by
/// <see cref="WebSocketRules.Next"/>. Not thread-safe.
/// </summary>
public sealed class WebSocketDenial
{
    private readonly bool _hasNoBody;
    private readonly long? _length;
    private long _sent;

    internal WebSocketDenial(WebSocketDenialStart start)
    {
        if (start.Status is < 200 or > 599)
        {
            throw new IllegalEventException($"A denial response cannot have the status {start.Status}; use 200 to 599.");
        }

        _hasNoBody = HttpRules.HasNoBody(start.Status);
        foreach (var (name, value) in start.Headers ?? [])
        {
            if (WebSocketRules.IsHopByHop(name))
            {
                throw WebSocketRules.ServersOwn(name, start);
            }

            WebSocketRules.CheckValue(name, value, start);
            if (name == "content-length")
            {
                _length = _length is null && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length
                    : throw new IllegalEventException($"The content-length of {start.Type} must stand once and be a number of bytes; '{HeaderText.Escape(value)}' is not.");
            }
        }

        if (start.Status is 204 or 205 && _length > 0)
        {
            throw new IllegalEventException($"A denial response with status {start.Status} has no body; leave out its content-length.");
        }

        Status = start.Status;
    }

    /// <summary>The status code.</summary>
    public int Status { get; }

    /// <summary>True when the last part of the body has come.</summary>
    public bool IsComplete { get; private set; }

    // True when the response is complete now.
    internal bool Add(WebSocketDenialBody body)
    {
        if (IsComplete)
        {
            throw WebSocketRules.Refusal(WebSocketPhase.Denied, body);
        }

        if (_hasNoBody)
        {
            if (!body.Body.IsEmpty)
            {
                throw new IllegalEventException($"A denial response with status {Status} has no body; send an empty one.");
            }
        }
        else if (_length is { } length && (_sent + body.Body.Length > length || (!body.MoreBody && _sent + body.Body.Length < length)))
        {
            throw new IllegalEventException($"The body of the denial response does not have the {length} bytes of its content-length.");
        }

        _sent += body.Body.Length;
        return IsComplete = !body.MoreBody;
    }
}
