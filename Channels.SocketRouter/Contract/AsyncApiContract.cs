using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Channels.SocketRouter;

/// <summary>Writes a contract as an AsyncAPI 3 document.</summary>
internal sealed partial class AsyncApiContract
{
    private static readonly JsonWriterOptions Writing = new() { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SchemaSet _schemas = new();
    private readonly JsonObject _channels = [];
    private readonly JsonObject _operations = [];
    private readonly JsonObject _messages = [];

    /// <param name="model">The contract.</param>
    /// <param name="title">The application's name.</param>
    public static string Write(ContractModel model, string title)
    {
        var contract = new AsyncApiContract();
        foreach (var router in model.Routers)
        {
            contract.Add(router);
        }

        foreach (var consumer in model.Consumers)
        {
            contract.Add(consumer);
        }

        var document = new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = title, ["version"] = "1.0.0" },
            ["defaultContentType"] = "application/json",
            ["channels"] = contract._channels,
            ["operations"] = contract._operations,
            ["components"] = new JsonObject { ["messages"] = contract._messages, ["schemas"] = contract.Schemas() },
        };
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, Writing))
        {
            document.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(json.ToArray()) + "\n";
    }

    private JsonObject Schemas()
    {
        var schemas = new JsonObject();
        foreach (var (name, schema) in _schemas.Named)
        {
            schemas[name] = schema;
        }

        return schemas;
    }

    private void Add(RouterContract router)
    {
        var channel = AddChannel(router.Name, router.Path);
        foreach (var route in router.Routes.All.OrderBy(route => route.Name, StringComparer.Ordinal))
        {
            var operation = $"{router.Name}.{Id(route.Name)}";
            var request = AddMessage(channel, router.Name, $"{operation}.request", Request(route));
            var reply = AddMessage(channel, router.Name, $"{operation}.reply", Reply(route));
            JsonArray replies = [reply];
            if (route.Streams)
            {
                JsonNode item = AddMessage(channel, router.Name, $"{operation}.item", Push("$item", route.Result is null ? true : _schemas.Of(route.Result), "stream"));
                replies.Add(item);
            }

            _operations[operation] = new JsonObject
            {
                ["action"] = "receive",
                ["channel"] = Reference($"#/channels/{router.Name}"),
                ["messages"] = new JsonArray(request),
                ["reply"] = new JsonObject { ["channel"] = Reference($"#/channels/{router.Name}"), ["messages"] = replies },
            };
        }

        foreach (var message in router.Topics.Concat(router.Pushes))
        {
            var operation = $"{router.Name}.{(message.Topic.Length > 0 ? $"{Id(message.Topic)}." : "")}{Id(message.Route)}";
            AddSend(router.Name, operation, AddMessage(channel, router.Name, operation, Push(message.Route, _schemas.Of(message.Payload), message.Topic.Length > 0 ? "topic" : null)));
        }
    }

    private void Add(JsonConsumerContract consumer)
    {
        var channel = AddChannel(consumer.Name, consumer.Path);
        var received = AddMessage(channel, consumer.Name, $"{consumer.Name}.in", _schemas.Of(consumer.Messages.Incoming));
        _operations[$"{consumer.Name}.receive"] = new JsonObject { ["action"] = "receive", ["channel"] = Reference($"#/channels/{consumer.Name}"), ["messages"] = new JsonArray(received) };
        AddSend(consumer.Name, $"{consumer.Name}.send", AddMessage(channel, consumer.Name, $"{consumer.Name}.out", _schemas.Of(consumer.Messages.Outgoing)));
    }

    private void AddSend(string channel, string operation, JsonNode message) =>
        _operations[operation] = new JsonObject { ["action"] = "send", ["channel"] = Reference($"#/channels/{channel}"), ["messages"] = new JsonArray(message) };

    private JsonObject AddChannel(string name, string path)
    {
        var address = "/" + Parameter().Replace(path, "{$1}").TrimStart('/');
        var parameters = new JsonObject();
        foreach (Match parameter in Parameter().Matches(path))
        {
            parameters[parameter.Groups[1].Value] = new JsonObject();
        }

        var channel = new JsonObject { ["address"] = address, ["messages"] = new JsonObject() };
        if (parameters.Count > 0)
        {
            channel["parameters"] = parameters;
        }

        _channels[name] = channel;
        return channel;
    }

    // The reference that operations use.
    private JsonObject AddMessage(JsonObject channel, string channelName, string name, JsonNode payload)
    {
        _messages[name] = new JsonObject { ["name"] = name, ["payload"] = payload };
        channel["messages"]![name] = Reference($"#/components/messages/{name}"); // every channel has them
        return Reference($"#/channels/{channelName}/messages/{name}");
    }

    private JsonObject Request(SocketRoute route) => Object(
        ("uuid", new JsonObject { ["type"] = new JsonArray("string", "integer") }), ("route", Only(route.Name)),
        ("headers", new JsonObject { ["type"] = new JsonArray("object", "null") }), ("payload", route.Payload is null ? true : _schemas.Of(route.Payload)));

    private JsonObject Reply(SocketRoute route) => Object(
        ("headers", new JsonObject { ["type"] = new JsonArray("object", "null") }),
        ("payload", route.Result is null ? new JsonObject { ["type"] = "null" } : route.Streams ? new JsonObject { ["type"] = "array", ["items"] = _schemas.Of(route.Result) } : _schemas.Of(route.Result)),
        ("uuid", new JsonObject { ["type"] = new JsonArray("string", "integer") }), ("status", new JsonObject { ["type"] = "integer" }));

    private static JsonObject Push(string route, JsonNode payload, string? header) => Object(
        ("headers", header is null ? new JsonObject { ["type"] = "null" } : Object((header, new JsonObject { ["type"] = new JsonArray("string", "integer") }))),
        ("payload", payload), ("route", Only(route)), ("status", new JsonObject { ["type"] = "integer" }));

    private static JsonObject Object(params (string Name, JsonNode Schema)[] members)
    {
        var properties = new JsonObject();
        foreach (var (name, schema) in members)
        {
            properties[name] = schema;
        }

        return new() { ["type"] = "object", ["properties"] = properties };
    }

    private static JsonObject Only(string text) => new() { ["const"] = text };

    private static JsonObject Reference(string place) => new() { ["$ref"] = place };

    private static string Id(string name) => NotInIds().Replace(name, "_");

    [GeneratedRegex(@"\{\*{0,2}(\w+)[^}]*\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"[^A-Za-z0-9_-]")]
    private static partial Regex NotInIds();
}
