namespace Channels.Benchmarks;

/// <summary>SignalR's JSON hub protocol, as far as the load needs it: records, the handshake, invocations.</summary>
internal static class SignalRDialects
{
    private const string End = "}\u001e";
    private const string EmptyPayload = "{\"text\":\"\"}";

    private static readonly GreetingStep Hello = new(null, "{\"protocol\":\"json\",\"version\":1" + End);

    internal static Dialect Echo { get; } = Invoke("Echo", "\"", "\"", 0, Hello, new GreetingStep("{}", null));

    internal static Dialect Group { get; } = Invoke("Publish", "\"{group}\",\"", "\"", 0, Joined());

    internal static Dialect JsonGroup { get; } = Invoke("PublishObject", "\"{group}\",{\"text\":\"", "\"}", EmptyPayload.Length, Joined());

    private static GreetingStep[] Joined() =>
    [
        Hello,
        new("{}", "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Join\",\"arguments\":[\"{group}\"]" + End),
        new("{\"type\":3,", null),
    ];

    private static Dialect Invoke(string method, string before, string after, int ofPayload, params GreetingStep[] greeting)
    {
        var prefix = "{\"type\":1,\"target\":\"" + method + "\",\"arguments\":[" + before;
        var suffix = after + "]" + End;
        return new Dialect
        {
            Path = "/hub",
            Greeting = greeting,
            Prefix = prefix,
            Suffix = suffix,
            EnvelopeBytes = prefix.Length + suffix.Length - ofPayload,
            Records = true,
        };
    }
}
