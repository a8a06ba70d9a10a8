using System.ComponentModel;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketRouter;

/// <summary>The JSON contracts of one router: the application's, and for plain values our own. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SocketContracts
{
    private const int DeepestPayload = 1_000; // of SocketRouterOptions.MaxPayloadDepth

    private readonly JsonSerializerContext? _context;
    private readonly List<string> _mistakes = [];

    /// <summary>Makes the contracts.</summary>
    /// <param name="context">The application's; null for none.</param>
    public SocketContracts(JsonSerializerContext? context)
    {
        _context = context;
        Options = context is null ? new(JsonSerializerDefaults.Web) { PropertyNameCaseInsensitive = false } : new(context.Options);
        Options.TypeInfoResolver = context is null ? RouterJson.Default : JsonTypeInfoResolver.Combine(context, RouterJson.Default);
        Options.Encoder ??= JavaScriptEncoder.UnsafeRelaxedJsonEscaping; // these texts are messages, never parts of a page
        Options.WriteIndented = false;
        Options.MaxDepth = Options.MaxDepth == 0 ? DeepestPayload : Options.MaxDepth; // the router has looked at it already
        Options.MakeReadOnly();
    }

    /// <summary>What is lacking.</summary>
    internal IReadOnlyList<string> Mistakes => _mistakes;

    internal JsonSerializerOptions Options { get; }

    /// <summary>The contract of a type; when there is none, that is a mistake of the router, told when the host starts.</summary>
    /// <typeparam name="T">The type.</typeparam>
    public JsonTypeInfo<T>? Find<T>()
    {
        var contract = FindOptional<T>();
        if (contract is null)
        {
            var name = TypeText.Of(typeof(T));
            _mistakes.Add(_context is null
                ? $"there is no JSON contract for '{name}': write [SocketRouter(typeof(…))] on the class, with a JsonSerializerContext that has [JsonSerializable(typeof({name}))]."
                : $"'{_context.GetType().Name}' has no contract for '{name}': add [JsonSerializable(typeof({name}))] to it.");
        }

        return contract;
    }

    /// <summary>The contract of a type that may do without: what dehydrate takes is written only when a handler fails with a payload.</summary>
    /// <typeparam name="T">The type.</typeparam>
    public JsonTypeInfo<T>? FindOptional<T>() => Options.TryGetTypeInfo(typeof(T), out var contract) ? (JsonTypeInfo<T>)contract : null;
}
