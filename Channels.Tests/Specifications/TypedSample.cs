using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Channels.Tests.Specifications;

/// <summary>A record with everything that JSON alone would not keep apart.</summary>
public sealed record TypedSample(string User, double Score, byte[] Picture, NestedSample Nested, IReadOnlyList<string> Tags) : ITypedMessage<TypedSample>
{
    public static string MessageType => "test.sample";

    public static JsonTypeInfo<TypedSample> MessageTypeInfo => SampleJson.Default.TypedSample;
}

public sealed record NestedSample(string Name, ReadOnlyMemory<byte> Blob);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TypedSample))]
internal sealed partial class SampleJson : JsonSerializerContext;
