using System.Text.Json;
using System.Text.Json.Serialization;
using Channels;

namespace JobWorker._1;

/// <summary>A job: whom to greet.</summary>
[Message("greet", typeof(JobJson))]
public sealed partial record Greet(string Name)
{
    /// <summary>The channel that such jobs are sent to, and workers read.</summary>
    public const string Channel = "greetings";
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Greet))]
public sealed partial class JobJson : JsonSerializerContext;
