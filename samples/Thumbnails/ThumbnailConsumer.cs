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
        Picture picture;
        try
        {
            picture = PngReader.Read(job.Png);
        }
        catch (InvalidDataException error)
        {
            // The picture is wrong, not the job: tell the person, do not try again.
            await Groups.SendAsync(group, new ThumbnailProgress("failed", Error: error.Message));
            return;
        }

        foreach (var size in Sizes)
        {
            aborted.ThrowIfCancellationRequested();
            await MakeAsync(group, picture, size);
        }
    }

    [Handles("thumbnails.delete")]
    private ValueTask Delete(DeleteThumbnails job) => Groups.SendAsync(ThumbnailChannels.GroupOf(job.Picture), new ThumbnailProgress("deleted"));

    private async Task MakeAsync(string group, Picture picture, int size)
    {
        const int step = 25;
        var shrinking = new Shrinking(picture, size);
        for (var told = 0; !shrinking.IsDone;)
        {
            shrinking.NextRow();
            if (shrinking.Percent >= told + step)
            {
                told = shrinking.Percent;
                await Groups.SendAsync(group, new ThumbnailProgress("working", size, told));
            }
        }

        await Groups.SendAsync(group, new ThumbnailProgress("done", size, 100, PngWriter.Write(shrinking.Result)));
    }
}
