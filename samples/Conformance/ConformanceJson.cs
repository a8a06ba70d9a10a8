using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conformance;

/// <summary>The JSON contracts, made at compile time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ConformanceMessage))]
[JsonSerializable(typeof(HistoryAnswer))]
[JsonSerializable(typeof(PresenceAnswer))]
[JsonSerializable(typeof(RouterName))]
[JsonSerializable(typeof(RouterWait))]
[JsonSerializable(typeof(RouterCount))]
[JsonSerializable(typeof(RouterThing))]
[JsonSerializable(typeof(RouterMessage))]
[JsonSerializable(typeof(RouterPosition))]
internal sealed partial class ConformanceJson : JsonSerializerContext;
