namespace Channels.Benchmarks;

/// <summary>The protocol of the socket router, as far as the load needs it: requests, and topics that are joined first.</summary>
internal static class RouterDialects
{
    private const string EmptyPayload = "{\"text\":\"\"}";

    internal static Dialect Echo { get; } = Request("{\"uuid\":\"1\",\"route\":\"echo\",\"payload\":{\"text\":\"", "\"}}", EmptyPayload.Length);

    internal static Dialect Topic { get; } = Request(
        "{\"uuid\":\"1\",\"route\":\"publish\",\"headers\":{\"noReply\":true},\"payload\":{\"topic\":\"room.{group}\",\"payload\":\"",
        "\"}}",
        0,
        new GreetingStep(null, "{\"uuid\":\"j\",\"route\":\"$join\",\"payload\":{\"topic\":\"room.{group}\"}}"),
        new GreetingStep("{\"headers\": null, \"payload\": {\"topic\"", null));

    private static Dialect Request(string prefix, string suffix, int ofPayload, params GreetingStep[] greeting) => new()
    {
        Path = "/router/",
        Greeting = greeting,
        Prefix = prefix,
        Suffix = suffix,
        EnvelopeBytes = prefix.Length + suffix.Length - ofPayload,
    };
}
