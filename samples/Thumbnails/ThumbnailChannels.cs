namespace Thumbnails;

/// <summary>The channels that workers read; what stands behind the verb <c>worker</c>.</summary>
internal static class ThumbnailChannels
{
    public const string Generate = "thumbnails-generate";
    public const string Delete = "thumbnails-delete";

    /// <summary>Those who watch a picture.</summary>
    public static string GroupOf(string picture) => $"picture-{picture}";
}
