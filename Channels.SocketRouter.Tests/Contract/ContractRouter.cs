using System.Text.Json;
using System.Text.Json.Serialization;
using Channels.SocketRouter;

namespace Channels.Tests.SocketRouter.Contract;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Shape))]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(Page<Order>))]
[JsonSerializable(typeof(ChatIn))]
[JsonSerializable(typeof(ChatOut))]
[JsonSerializable(typeof(IReadOnlyList<Order>))]
internal sealed partial class ContractJson : JsonSerializerContext;

internal enum Priority
{
    Low,
    High,
}

internal sealed record Order(int Id, string Title, Priority Priority, string? Note = null, IReadOnlyList<string>? Tags = null, Dictionary<string, double>? Prices = null);

internal sealed record Page<T>(IReadOnlyList<T> Items, [property: JsonPropertyName("next-page")] int? Next);

internal sealed record Node(string Name, IReadOnlyList<Node> Children);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Square), "square")]
internal abstract record Shape(string Colour);

internal sealed record Circle(string Colour, double Radius) : Shape(Colour);

internal sealed record Square(string Colour, double Side) : Shape(Colour);

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Said), "said")]
[JsonDerivedType(typeof(Left), "left")]
internal abstract record ChatIn;

internal sealed record Said(string Text) : ChatIn;

internal sealed record Left : ChatIn;

internal sealed record ChatOut(string Text);

internal sealed class ContractChat() : JsonWebSocketConsumer<ChatIn, ChatOut>(ContractJson.Default.ChatIn, ContractJson.Default.ChatOut);

[SocketRouter(typeof(ContractJson))]
[SocketTopic("orders.*", "placed", typeof(Order))]
[SocketTopic("orders.*", "gone", typeof(int))]
[SocketTopic("news", "item", typeof(string))]
[SocketPush("hint", typeof(Shape))]
internal sealed partial class ContractRouter : SocketRouterConsumer
{
    [SocketRoute]
    public Order OnPlace(Order payload) => payload;

    [SocketRoute]
    public Task<Page<Order>> OnListAsync() => Task.FromResult(new Page<Order>([], null));

    [SocketRoute("draw")]
    public void OnDraw(Shape payload) => ArgumentNullException.ThrowIfNull(payload);

    [SocketRoute]
    public Node OnTree(string? payload) => new(payload ?? "", []);

    [SocketRoute]
    public async IAsyncEnumerable<Order> OnFollow(int payload)
    {
        await Task.Yield();
        yield return new(payload, "", Priority.Low);
    }

    [SocketRoute("any thing")]
    public JsonElement OnAnything(JsonElement payload) => payload;
}
