namespace Channels;

/// <summary>A text that cannot be the name of a channel or group.</summary>
internal sealed class InvalidChannelNameException(string message, string? name, string parameter) : ArgumentException(message, parameter)
{
    private readonly string _name = name ?? "";

    /// <summary>
    /// Whether the fault is in what a route took from the path, and so a stranger's choice: with a harmless text in its place the
    /// name would be one. A server then answers that there is no such place.
    /// </summary>
    /// <param name="route">What the routers took from the path.</param>
    public bool IsDueTo(RouteMatch route) => route.Values.Values.OfType<string>().Concat(route.Arguments).Any(capture => capture.Length == 0
        ? _name.Length == 0
        : _name.Contains(capture, StringComparison.Ordinal) && ChannelNames.IsChannel(_name.Replace(capture, "a", StringComparison.Ordinal)));
}
