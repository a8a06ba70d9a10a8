namespace Channels;

/// <summary>Whoever took a request up failed at it. The message tells what they said about it.</summary>
public sealed class RequestFailedException : RequestException
{
    internal RequestFailedException(string channel, string type, string why)
        : base(channel, $"'{HeaderText.Escape(type)}' failed on the channel '{channel}': {HeaderText.Escape(why)}")
    {
    }
}
