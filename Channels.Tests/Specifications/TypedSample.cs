using System.Text.Json.Serialization;

namespace Channels.Tests.Specifications;

/// <summary>A record with everything that JSON alone would not keep apart.</summary>
[Message("test.sample", typeof(SampleJson))]
public sealed partial record TypedSample(string User, double Score, byte[] Picture, NestedSample Nested, IReadOnlyList<string> Tags);

public sealed record NestedSample(string Name, ReadOnlyMemory<byte> Blob);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TypedSample))]
internal sealed partial class SampleJson : JsonSerializerContext;
