using System.Text.Json;
using System.Text.Json.Serialization;
using Channels;

namespace ChatApp._1;

/// <summary>What a page sends.</summary>
public sealed record Say(string Name, string Text);

/// <summary>What everybody in the room gets.</summary>
[Message("chat.said", typeof(ChatJson))]
public sealed partial record Said(string Name, string Text);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Say))]
[JsonSerializable(typeof(Said))]
public sealed partial class ChatJson : JsonSerializerContext;
