namespace Channels;

/// <summary>
/// Nobody has taken a request up: its channel is closed, nobody there answers its type, or no reader came to it in time.
/// </summary>
public sealed class RequestUnansweredException : RequestException
{
    internal RequestUnansweredException(string channel, string type, string why)
        : base(channel, $"Nobody answers '{HeaderText.Escape(type)}' on the channel '{channel}': {HeaderText.Escape(why)}.")
    {
    }
}
