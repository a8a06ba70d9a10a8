using System.Text.Json.Serialization.Metadata;
using Channels;

namespace Thumbnails;

/// <summary>The job: make thumbnails of a picture. The bytes travel with it, so a worker needs no shared disk.</summary>
/// <param name="Picture">The picture's id; also the group of those who watch.</param>
/// <param name="Png">The file.</param>
internal sealed record GenerateThumbnails(string Picture, byte[] Png) : ITypedMessage<GenerateThumbnails>
{
    public static string MessageType => "thumbnails.generate";

    public static JsonTypeInfo<GenerateThumbnails> MessageTypeInfo => ThumbnailJson.Default.GenerateThumbnails;
}
