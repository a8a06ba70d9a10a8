using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>A Python process with a real channels_redis layer. Not for concurrent use.</summary>
internal sealed class PythonPeer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = Eventually.Patience;
    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private PythonPeer(Process process) => _process = process;

    /// <summary>Starts a peer, or skips the test when the packages are missing.</summary>
    /// <param name="kind"><c>core</c>, <c>json</c> (core layout with the json serializer) or <c>pubsub</c>.</param>
    /// <param name="servers">The hosts, in order.</param>
    /// <param name="settings">Further settings, under their Python names.</param>
    public static async Task<PythonPeer> StartAsync(string kind, IReadOnlyList<RedisServer> servers, params (string Name, JsonNode? Value)[] settings)
    {
        var python = ExternalTools.Require("python3-channels-redis");
        var process = Process.Start(new ProcessStartInfo(python, [Repository.PathOf("Channels.Tests", "Interop", "python", "layer_peer.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!; // null only for shell execution
        var peer = new PythonPeer(process);
        process.ErrorDataReceived += (_, line) => peer._errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        var command = new JsonObject { ["op"] = "configure", ["kind"] = kind, ["hosts"] = new JsonArray([.. servers.Select(server => (JsonNode)server.Address)]) };
        foreach (var (name, value) in settings)
        {
            command[name] = value;
        }

        await peer.CallAsync(command);
        return peer;
    }

    public async Task<string> NewChannelAsync() => (await CallAsync(new() { ["op"] = "new_channel" }))!.GetValue<string>();

    /// <summary>Opens a channel, listens to it, and adds it to the group.</summary>
    public async Task<string> OpenMemberAsync(string group)
    {
        var channel = await NewChannelAsync();
        await ListenAsync(channel);
        await GroupAddAsync(group, channel);
        return channel;
    }

    /// <summary>Runs a consumer of Django Channels with this layer as a member of the group; gives its channel. What its <c>chat_message</c> gets is taken with <see cref="TakeAsync"/>.</summary>
    public async Task<string> ConsumeAsync(string group) => (await CallAsync(new() { ["op"] = "consume", ["group"] = group }))!.GetValue<string>();

    /// <summary>Has that consumer send to the group.</summary>
    public Task SayAsync(string group, MessageMap message) => CallAsync(new() { ["op"] = "say", ["group"] = group, ["message"] = ToJson(message) });

    public Task ListenAsync(string channel) => CallAsync(new() { ["op"] = "listen", ["channel"] = channel });

    public Task SendAsync(string channel, MessageMap message) => CallAsync(new() { ["op"] = "send", ["channel"] = channel, ["message"] = ToJson(message) });

    public Task GroupAddAsync(string group, string channel) => CallAsync(new() { ["op"] = "group_add", ["group"] = group, ["channel"] = channel });

    public Task GroupDiscardAsync(string group, string channel) => CallAsync(new() { ["op"] = "group_discard", ["group"] = group, ["channel"] = channel });

    public Task GroupSendAsync(string group, MessageMap message) => CallAsync(new() { ["op"] = "group_send", ["group"] = group, ["message"] = ToJson(message) });

    /// <summary>Everything the listeners got since the last call; waits until there are that many, or the time is over.</summary>
    public async Task<IReadOnlyList<(string Channel, MessageMap Message)>> TakeAsync(int count, TimeSpan? timeout = null)
    {
        var taken = await CallAsync(new() { ["op"] = "take", ["count"] = count, ["timeout"] = (timeout ?? Patience).TotalSeconds });
        return [.. taken!.AsArray().Select(item => (item!["channel"]!.GetValue<string>(), FromJson(item["message"]).GetMap()))];
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<JsonNode?> CallAsync(JsonObject command)
    {
        await _process.StandardInput.WriteLineAsync(command.ToJsonString());
        await _process.StandardInput.FlushAsync();
        using var patience = new CancellationTokenSource(2 * Patience); // the peer may itself wait that long
        var line = await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("The Python peer ended: " + _errors);
        var answer = JsonNode.Parse(line)!.AsObject();
        return answer.TryGetPropertyValue("error", out var error) ? throw new PythonException(error!.GetValue<string>()) : answer["ok"];
    }

    private static JsonNode? ToJson(MessageValue value) => value.Kind switch
    {
        MessageValueKind.Null => null,
        MessageValueKind.Boolean => value.GetBoolean(),
        MessageValueKind.Integer => value.IsUnsigned ? value.GetUInt64() : value.GetInt64(),
        MessageValueKind.Double => JsonNode.Parse(Channels.Layers.Redis.PythonDouble.Format(value.GetDouble())),
        MessageValueKind.Text => value.GetText(),
        MessageValueKind.Bytes => new JsonObject { ["$bytes"] = Convert.ToHexStringLower(value.GetBytes().Span) },
        MessageValueKind.List => new JsonArray([.. value.GetList().Select(ToJson)]),
        _ => new JsonObject(value.GetMap().Select(entry => KeyValuePair.Create(entry.Key, ToJson(entry.Value)))),
    };

    private static MessageValue FromJson(JsonNode? node) => node switch
    {
        null => MessageValue.Null,
        JsonArray list => list.Select(FromJson).ToArray(),
        JsonObject map when map.Count == 1 && map.ContainsKey("$bytes") => Convert.FromHexString(map["$bytes"]!.GetValue<string>()),
        JsonObject map => ToMap(map),
        _ => Scalar(node.GetValue<JsonElement>()),
    };

    private static MessageValue ToMap(JsonObject json)
    {
        var map = new MessageMap();
        foreach (var (key, value) in json)
        {
            map[key] = FromJson(value);
        }

        return map;
    }

    private static MessageValue Scalar(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => element.GetString(),
        _ when element.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') => element.GetDouble(),
        _ => element.TryGetInt64(out var signed) ? signed : MessageValue.FromUInt64(element.GetUInt64()),
    };
}
