using Channels;

namespace Thumbnails;

/// <summary>Does the jobs, in whatever process reads the channels, and tells those who watch how far it is.</summary>
internal sealed partial class ThumbnailConsumer : Consumer
{
    private static readonly int[] Sizes = [32, 64, 128, 256];

    [Handles("thumbnails.generate")]
    private async Task Generate(GenerateThumbnails job, CancellationToken aborted)
    {
        var group = ThumbnailChannels.GroupOf(job.Picture);
        try
        {
            using var picture = Picture.Open(job.File);
            foreach (var size in Sizes)
            {
                aborted.ThrowIfCancellationRequested();
                await Groups.SendAsync(group, new ThumbnailProgress("working", size));
                await Groups.SendAsync(group, new ThumbnailProgress("done", size, picture.MakeThumbnail(size), picture.Kind.ContentType));
            }
        }
        catch (InvalidDataException wrong)
        {
            // The picture is wrong, not the job: tell the person, do not try again.
            await Groups.SendAsync(group, new ThumbnailProgress("failed", Error: wrong.Message));
        }
    }

    [Handles("thumbnails.delete")]
    private ValueTask Delete(DeleteThumbnails job) => Groups.SendAsync(ThumbnailChannels.GroupOf(job.Picture), new ThumbnailProgress("deleted"));
}
