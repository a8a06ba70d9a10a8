using System.Text;
using System.Text.Json.Nodes;

namespace Channels.SocketRouter;

/// <summary>Writes a contract as types of TypeScript, for the clients of the package <c>channels-socket-router</c>.</summary>
internal static class TypeScriptContract
{
    public static string Write(ContractModel model)
    {
        var schemas = new SchemaSet();
        var contracts = new StringBuilder();
        foreach (var router in model.Routers)
        {
            WriteRouter(contracts, router, schemas);
        }

        foreach (var consumer in model.Consumers)
        {
            WriteConsumer(contracts, consumer, schemas);
        }

        var file = new StringBuilder("// Written by the verb 'contract' of the server: changes here are lost.\n");
        string[] clients = [.. model.Routers.Count > 0 ? ["RouterClient"] : (string[])[], .. model.Consumers.Count > 0 ? ["JsonClient"] : (string[])[]];
        if (clients.Length > 0)
        {
            file.Append($"import type {{ {string.Join(", ", clients)} }} from \"channels-socket-router\";\n");
        }

        foreach (var (name, schema) in schemas.Named)
        {
            WriteNamed(file, name, schema);
        }

        return file.Append(contracts).ToString();
    }

    private static void WriteNamed(StringBuilder file, string name, JsonNode schema)
    {
        if (schema is JsonObject shape && shape.ContainsKey("properties") && !shape.ContainsKey("anyOf") && shape["type"] is JsonValue)
        {
            file.Append($"\nexport interface {name} {{\n");
            foreach (var member in TypeScriptTypes.Members(shape))
            {
                file.Append($"  {member}\n");
            }

            file.Append("}\n");
        }
        else
        {
            file.Append($"\nexport type {name} = {TypeScriptTypes.Of(schema)};\n");
        }
    }

    private static void WriteRouter(StringBuilder file, RouterContract router, SchemaSet schemas)
    {
        file.Append($"\n/** {Address(router.Path)} */\nexport interface {router.Name}Contract {{\n  routes: {{\n");
        foreach (var route in router.Routes.All.OrderBy(route => route.Name, StringComparer.Ordinal))
        {
            var request = route.Payload is null ? "undefined" : TypeScriptTypes.Of(schemas.Of(route.Payload)) + (route.PayloadMayBeNull && !route.Payload.Type.IsValueType ? " | null" : "");
            var result = route.Result is null ? "null" : TypeScriptTypes.Of(schemas.Of(route.Result));
            var answer = route.Streams ? $"response: {(result.Contains(' ', StringComparison.Ordinal) ? $"({result})" : result)}[]; item: {result}" : $"response: {result}";
            file.Append($"    {TypeScriptTypes.Key(route.Name)}: {{ request: {request}; {answer} }};\n");
        }

        file.Append("  };\n  topics: {\n");
        foreach (var topic in router.Topics.GroupBy(topic => topic.Topic))
        {
            var events = topic.Select(message => $"{TypeScriptTypes.Key(message.Route)}: {TypeScriptTypes.Of(schemas.Of(message.Payload))}");
            file.Append($"    {TopicKey(topic.Key)}: {{ {string.Join("; ", events)} }};\n");
        }

        file.Append("  };\n  pushes: {\n");
        foreach (var push in router.Pushes)
        {
            file.Append($"    {TypeScriptTypes.Key(push.Route)}: {TypeScriptTypes.Of(schemas.Of(push.Payload))};\n");
        }

        file.Append($"  }};\n}}\n\nexport type {router.Name}Client = RouterClient<{router.Name}Contract>;\n");
    }

    private static void WriteConsumer(StringBuilder file, JsonConsumerContract consumer, SchemaSet schemas)
    {
        file.Append($"\n/** {Address(consumer.Path)} */\n");
        file.Append($"export type {consumer.Name}In = {TypeScriptTypes.Of(schemas.Of(consumer.Messages.Incoming))};\n");
        file.Append($"export type {consumer.Name}Out = {TypeScriptTypes.Of(schemas.Of(consumer.Messages.Outgoing))};\n");
        file.Append($"export type {consumer.Name}Client = JsonClient<{consumer.Name}In, {consumer.Name}Out>;\n");
    }

    // "room.*" is the template `room.${string}`.
    private static string TopicKey(string topic) => topic.Contains('*', StringComparison.Ordinal)
        ? $"[topic: `{topic.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal).Replace("*", "${string}", StringComparison.Ordinal)}`]"
        : TypeScriptTypes.Key(topic);

    private static string Address(string path) => path.Replace("*/", "* /", StringComparison.Ordinal);
}
