using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat;

/// <summary>How everything looks on the wire; made at compile time, without reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, AllowOutOfOrderMetadataProperties = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(FromBrowser))]
[JsonSerializable(typeof(ToBrowser))]
[JsonSerializable(typeof(IReadOnlyList<OpenRoom>))]
internal sealed partial class ChatJson : JsonSerializerContext;
