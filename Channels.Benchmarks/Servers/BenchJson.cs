using System.Text.Json.Serialization;

namespace Channels.Benchmarks;

/// <summary>Source-generated contracts, so that no peer pays for reflection that ours does not.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchRecord))]
[JsonSerializable(typeof(string))]
internal sealed partial class BenchJson : JsonSerializerContext;
