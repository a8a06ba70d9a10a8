using System.Text.Json.Serialization.Metadata;
using Channels;

namespace Thumbnails;

/// <summary>The job: take a picture's thumbnails back from everyone who watches.</summary>
/// <param name="Picture">The picture's id.</param>
internal sealed record DeleteThumbnails(string Picture) : ITypedMessage<DeleteThumbnails>
{
    public static string MessageType => "thumbnails.delete";

    public static JsonTypeInfo<DeleteThumbnails> MessageTypeInfo => ThumbnailJson.Default.DeleteThumbnails;
}
