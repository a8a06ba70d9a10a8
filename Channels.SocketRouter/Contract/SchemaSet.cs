using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketRouter;

/// <summary>The schemas of a contract: each type of an object once, under a name of its own, in the order of the names.</summary>
internal sealed class SchemaSet
{
    private const string Place = "#/components/schemas/";

    private readonly JsonSchemaExporterOptions _exporting;
    private readonly SortedDictionary<string, JsonNode> _named = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, string> _names = [];

    public SchemaSet() => _exporting = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Name };

    /// <summary>The named schemas.</summary>
    public IReadOnlyDictionary<string, JsonNode> Named => _named;

    /// <summary>The schema of a contract: a reference to a named one for objects.</summary>
    public JsonNode Of(JsonTypeInfo contract)
    {
        if (_names.TryGetValue(contract.Type, out var known))
        {
            return Reference(known);
        }

        string? name = null;
        if (contract.Kind == JsonTypeInfoKind.Object)
        {
            _names.Add(contract.Type, name = NameOf(contract.Type)); // first: it may hold itself
        }

        var schema = contract.GetJsonSchemaAsNode(_exporting);
        if (name is null)
        {
            return schema;
        }

        _named[name] = Rebase(schema, Place + name);
        return Reference(name);
    }

    // An object inside of another stands under its own name, but for the variants of a base, which stand in it.
    private JsonNode Name(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (context.Path.IsEmpty || context.TypeInfo.Kind != JsonTypeInfoKind.Object || context.BaseTypeInfo is not null)
        {
            return schema;
        }

        var named = Of(context.TypeInfo);
        return schema is JsonObject shape && shape["type"] is JsonArray types && types.Any(type => type!.GetValue<string>() == "null") // names of types are texts
            ? new JsonObject { ["anyOf"] = new JsonArray(named, new JsonObject { ["type"] = "null" }) }
            : named;
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = Place + name };

    private string NameOf(Type type)
    {
        var name = Identifier(type);
        for (var number = 2; _names.ContainsValue(name); number++)
        {
            name = $"{Identifier(type)}{number}";
        }

        return name;
    }

    private static string Identifier(Type type) => type.IsArray ? Identifier(type.GetElementType()!) + "Array" // an array has elements
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}Of{string.Join("And", type.GetGenericArguments().Select(Identifier))}"
        : new StringBuilder().AppendJoin("", type.Name.Where(char.IsLetterOrDigit)).ToString();

    // References of an exported schema count from its own root.
    private static JsonNode Rebase(JsonNode schema, string root)
    {
        if (schema is JsonObject shape)
        {
            foreach (var (name, member) in shape.ToList())
            {
                if (name == "$ref" && member is JsonValue reference && reference.GetValueKind() == JsonValueKind.String && !reference.GetValue<string>().StartsWith(Place, StringComparison.Ordinal))
                {
                    shape[name] = root + reference.GetValue<string>()[1..];
                }
                else if (member is not null)
                {
                    Rebase(member, root);
                }
            }
        }
        else if (schema is JsonArray items)
        {
            foreach (var item in items.OfType<JsonNode>())
            {
                Rebase(item, root);
            }
        }

        return schema;
    }
}
