using Thumbnails;

namespace Channels.Tests.EndToEnd;

/// <summary>The small PNG codec of the thumbnails sample.</summary>
public sealed class PictureTests
{
    // One grey pixel of value 128, made by another encoder.
    private const string Grey = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

    [Test]
    public void What_was_written_reads_the_same()
    {
        var pixels = new byte[37 * 23 * Picture.Channels];
        new Random(7).NextBytes(pixels);
        var read = PngReader.Read(PngWriter.Write(new Picture(37, 23, pixels)));
        Assert.That((read.Width, read.Height), Is.EqualTo((37, 23)));
        Assert.That(read.Pixels, Is.EqualTo(pixels));
    }

    [Test]
    public void A_grey_picture_of_another_encoder_becomes_rgba() =>
        Assert.That(PngReader.Read(Convert.FromBase64String(Grey)).Pixels, Is.EqualTo(new byte[] { 128, 128, 128, 255 }));

    [Test]
    public void Broken_pictures_are_refused_with_a_reason_and_nothing_else()
    {
        var good = TestPicture.Png(16, 16);
        Assert.That(() => PngReader.Read("GIF89a"u8), Throws.TypeOf<InvalidDataException>());
        for (var length = 0; length < good.Length - 12; length++)
        {
            Assert.That(() => PngReader.Read(good.AsSpan(0, length)), Throws.InstanceOf<InvalidDataException>(), $"{length} bytes");
        }

        var huge = good.ToArray();
        huge[16] = 0x7F; // the width's first byte
        Assert.That(() => PngReader.Read(huge), Throws.TypeOf<InvalidDataException>().With.Message.Contains("at most"));
    }

    [Test]
    public void Random_damage_never_does_more_than_throw_InvalidDataException()
    {
        var random = new Random(11);
        var good = TestPicture.Png(16, 16);
        for (var n = 0; n < 2000; n++)
        {
            var bad = good.ToArray();
            bad[random.Next(bad.Length)] ^= (byte)random.Next(1, 256);
            Assert.That(ErrorOf(bad), Is.Null.Or.TypeOf<InvalidDataException>());
        }
    }

    [TestCase(600, 300, 256, 256, 128)]
    [TestCase(300, 600, 64, 32, 64)]
    [TestCase(10, 10, 64, 10, 10)]
    [TestCase(5000, 1, 32, 32, 1)]
    public void Thumbnails_keep_their_proportions_and_are_never_enlarged(int width, int height, int side, int expectedWidth, int expectedHeight)
    {
        var small = Shrink(new Picture(width, height, new byte[width * height * Picture.Channels]), side);
        Assert.That((small.Width, small.Height), Is.EqualTo((expectedWidth, expectedHeight)));
    }

    [Test]
    public void Every_pixel_counts_by_its_area_and_invisible_ones_do_not_tint()
    {
        byte[] pixels = [255, 0, 0, 255, 0, 255, 0, 0, 255, 0, 0, 255, 0, 255, 0, 0];
        Assert.That(Shrink(new Picture(2, 2, pixels), 1).Pixels, Is.EqualTo(new byte[] { 255, 0, 0, 128 }).Or.EqualTo(new byte[] { 255, 0, 0, 127 }));
    }

    private static Picture Shrink(Picture picture, int side)
    {
        var shrinking = new Shrinking(picture, side);
        while (!shrinking.IsDone)
        {
            shrinking.NextRow();
        }

        return shrinking.Result;
    }

    private static Exception? ErrorOf(byte[] png)
    {
        try
        {
            PngReader.Read(png);
            return null;
        }
        catch (Exception error)
        {
            return error; // judged by the caller
        }
    }
}
