using System.Text.Json;
using System.Text.Json.Serialization;

namespace Thumbnails;

/// <summary>The JSON contracts, generated at compile time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(GenerateThumbnails))]
[JsonSerializable(typeof(DeleteThumbnails))]
[JsonSerializable(typeof(ThumbnailProgress))]
internal sealed partial class ThumbnailJson : JsonSerializerContext;
