using Channels;
using Channels.SocketIO;
using Microsoft.Extensions.Configuration;
using Samples;

namespace Conformance;

/// <summary>What clients and test suites of Engine.IO and Socket.IO ask for.</summary>
internal static class SocketIOEndpoints
{
    /// <summary>Echoes each message with its kind, in order.</summary>
    public static EngineIOServer Engine(IConfiguration configuration) => new(EngineOptions(configuration), static async (_, receive, send) =>
    {
        while (await receive() is var message and not EngineIODisconnect)
        {
            if (message is EngineIOMessage echo)
            {
                await send(echo.IsText ? EngineIOSend.FromUtf8(echo.Payload.Span) : EngineIOSend.FromBinary(echo.Payload));
            }
        }
    });

    /// <summary>The namespaces of the protocol's suite, or those of the client's own tests.</summary>
    public static SocketIOServer Sockets(IConfiguration configuration)
    {
        var options = new SocketIOOptions { Engine = EngineOptions(configuration), ConnectTimeout = Milliseconds(configuration, "connect-timeout", 1_000) };
        options.Parser = configuration.Choice("Conformance:socketio-parser", "json", "msgpack") == "msgpack" ? SocketIOParser.MessagePack : SocketIOParser.Json;
        if (configuration.Choice("Conformance:socketio-fixture", "protocol", "client") != "client")
        {
            return new(options) { { "/", Consumer.Of<MainNamespace>() }, { "/custom", Consumer.Of<CustomNamespace>() } };
        }

        options.Recovery = new();
        options.Engine.AllowRequest = static async _ =>
        {
            await Task.Delay(10);
            return null;
        };
        return new(options)
        {
            { "/", Consumer.Of<ClientSuiteNamespace>(), ClientSuite.RefuseWhenAsked },
            { "/no", static (_, _, _) => throw new SocketIORefusedException("Auth failed (custom namespace)") },
            { "/foo", Consumer.Of<IdNamespace>() },
            { "/abc", Consumer.Of<HandshakeNamespace>() },
            { "/timeout_socket", Consumer.Of<CustomNamespace>() },
            { "/valid", Consumer.Of<CustomNamespace>() },
            { "/asd", Consumer.Of<CustomNamespace>() },
            { "/recovery", Consumer.Of<RecoveryNamespace>() },
        };
    }

    private static EngineIOOptions EngineOptions(IConfiguration configuration)
    {
        var options = new EngineIOOptions
        {
            PingInterval = Milliseconds(configuration, "ping-interval", 25_000),
            PingTimeout = Milliseconds(configuration, "ping-timeout", 20_000),
            UpgradeTimeout = Milliseconds(configuration, "upgrade-timeout", 10_000),
            MaxPayload = configuration.Number("Conformance:max-payload", 1_000_000, least: 1, most: int.MaxValue),
        };
        options.AllowedOrigins.Add("*");
        return options;
    }

    // From 10 ms to an hour, as the options want it.
    private static TimeSpan Milliseconds(IConfiguration configuration, string key, int otherwise) =>
        TimeSpan.FromMilliseconds(configuration.Number($"Conformance:{key}", otherwise, least: 10, most: 3_600_000));
}
