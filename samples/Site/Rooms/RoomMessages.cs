using System.Text.Json;
using System.Text.Json.Serialization;
using Channels;

namespace Site;

/// <summary>What a browser sends: a text for the room, or for one person alone.</summary>
public sealed record Say(string Text, string? To = null);

/// <summary>What browsers get.</summary>
[Message("room.said", typeof(RoomJson))]
public sealed partial record Said(string From, string Text);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Say))]
[JsonSerializable(typeof(Said))]
public sealed partial class RoomJson : JsonSerializerContext;
