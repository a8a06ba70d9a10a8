using System.Text.Json;
using System.Text.Json.Serialization;

namespace Channels.Tests.Consumers;

/// <summary>A typed layer message and a pair of JSON shapes for the consumers under test.</summary>
[Message("said", typeof(TestJson))]
public sealed partial record Said(string Text);

public sealed record Question(string Text, int Number = 0);

public sealed record Answer(string Text);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(Said))]
[JsonSerializable(typeof(Question))]
[JsonSerializable(typeof(Answer))]
internal sealed partial class TestJson : JsonSerializerContext;
