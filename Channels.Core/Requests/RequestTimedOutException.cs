namespace Channels;

/// <summary>A request was taken up, but its answer did not come in time; whether it was carried out is unknown.</summary>
public sealed class RequestTimedOutException : RequestException
{
    internal RequestTimedOutException(string channel, string type, TimeSpan timeout)
        : base(channel, $"'{HeaderText.Escape(type)}' was taken up on the channel '{channel}', but not answered within {timeout}.")
    {
    }
}
