using System.Text.Json;
using System.Text.Json.Serialization;

namespace Channels.Benchmarks;

/// <summary>The JSON contract of <see cref="MicroMessage"/>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(MicroMessage))]
internal sealed partial class MicroJson : JsonSerializerContext;
