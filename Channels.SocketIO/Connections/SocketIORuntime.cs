using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.SocketIO;

/// <summary>What all sessions of one server share.</summary>
/// <param name="options">The options, checked.</param>
/// <param name="spaces">The namespaces.</param>
internal sealed class SocketIORuntime(SocketIOOptions options, NamespaceTable spaces)
{
    private const int IdBytes = 15; // 120 bits in 20 characters

    public SocketIOOptions Options { get; } = options;

    public NamespaceTable Spaces { get; } = spaces;

    public LocalSockets Sockets { get; } = new();

    public PacketCodec Codec { get; } = MakeCodec(options);

    /// <summary>The server among others; null before the start, and where the layer lacks what servers know each other by.</summary>
    public IServerNode? Node { get; set; }

    /// <summary>Who wants to know all that clients do; null when nobody does. Set before the server runs.</summary>
    public ISocketWatch? Watch { get; set; }

    /// <summary>What clients come back to; null when they cannot.</summary>
    public IRecovery? Recovery { get; set; }

    public TimeProvider Time { get; private set; } = TimeProvider.System;

    public SocketIOLog Log { get; private set; } = new(NullLogger.Instance, TimeProvider.System);

    /// <summary>How a server with these options writes packets.</summary>
    public static PacketCodec MakeCodec(SocketIOOptions options)
    {
        var json = new SocketIOJson(options.Json);
        return options.Parser == SocketIOParser.MessagePack
            ? new MsgpackPacketCodec(json, options.MaxAttachments, options.MaxPacketBytes)
            : new JsonPacketCodec(json, options.MaxAttachments, options.MaxPacketBytes);
    }

    /// <summary>Takes what the host has.</summary>
    public void Prepare(IServiceProvider services)
    {
        Time = services.GetService<TimeProvider>() ?? Time;
        Log = new(services.GetService<ILoggerFactory>()?.CreateLogger("Channels.SocketIO") ?? NullLogger.Instance, Time);
    }

    /// <summary>An id that nobody can guess.</summary>
    public static string NewId() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));

    /// <summary>The packet that lets a client in.</summary>
    public EngineIOSend WriteAccept(NamespaceConnection connection)
    {
        var output = new ArrayBufferWriter<byte>(128);
        using (var writer = SocketIOJson.MakePlainWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("sid"u8, connection.Id);
            if (connection.Kept is { } kept)
            {
                writer.WriteString("pid"u8, kept.Pid);
            }

            writer.WriteEndObject();
        }

        return Codec.Write(PacketType.Connect, connection.Namespace, output.WrittenSpan);
    }

    /// <summary>The packet that keeps a client out.</summary>
    public EngineIOSend WriteRefusal(string space, SocketIORefuse refusal)
    {
        var output = new ArrayBufferWriter<byte>(128);
        using (var writer = Codec.Json.MakeWriter(output, []))
        {
            writer.WriteStartObject();
            writer.WriteString("message"u8, refusal.Message);
            if (refusal.Data is { } data)
            {
                writer.WritePropertyName("data"u8);
                Codec.Json.Write(writer, data);
            }

            writer.WriteEndObject();
        }

        return Codec.Write(PacketType.ConnectError, space, output.WrittenSpan);
    }
}
