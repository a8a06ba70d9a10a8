using System.Buffers.Binary;
using SkiaSharp;
using Thumbnails;

namespace Channels.Tests.EndToEnd;

/// <summary>What the thumbnails sample makes of pictures, good and bad.</summary>
public sealed class PictureTests
{
    private static readonly SKEncodedImageFormat[] Formats = [SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp];

    [TestCase("plain.png", "image/png")]
    [TestCase("palette.png", "image/png")]
    [TestCase("interlaced.png", "image/png")]
    [TestCase("sixteen.png", "image/png")]
    [TestCase("plain.jpg", "image/jpeg")]
    [TestCase("progressive.jpg", "image/jpeg")]
    [TestCase("cmyk.jpg", "image/jpeg")]
    [TestCase("upright.jpg", "image/jpeg")]
    [TestCase("plain.webp", "image/webp")]
    [TestCase("lossless.webp", "image/webp")]
    [TestCase("animated.webp", "image/webp")]
    public void Pictures_of_other_encoders_become_thumbnails_of_their_kind(string name, string contentType)
    {
        using var picture = Picture.Open(TestPicture.OfAnotherEncoder(name));
        var file = picture.MakeThumbnail(30);
        using var thumbnail = SKBitmap.Decode(file);

        Assert.That((picture.Kind.ContentType, PictureKind.Of(file)), Is.EqualTo((contentType, picture.Kind)));
        Assert.That((thumbnail.Width, thumbnail.Height), Is.EqualTo((30, 20)));
        Assert.That(thumbnail.GetPixel(1, 1), Is.EqualTo(new SKColor(255, 255, 255)).Using<SKColor>(AreAlike));
        Assert.That(thumbnail.GetPixel(5, 15), Is.EqualTo(new SKColor(200, 30, 30)).Using<SKColor>(AreAlike));
        Assert.That(thumbnail.GetPixel(25, 10), Is.EqualTo(new SKColor(30, 30, 200)).Using<SKColor>(AreAlike));
    }

    [TestCase("grey.png", 255)]
    [TestCase("grey.jpg", 255)]
    [TestCase("alpha.png", 128)]
    [TestCase("alpha.webp", 128)]
    public void Grey_stays_grey_and_what_can_be_seen_through_stays_so(string name, int alpha)
    {
        using var picture = Picture.Open(TestPicture.OfAnotherEncoder(name));
        using var thumbnail = SKBitmap.Decode(picture.MakeThumbnail(30));
        var red = thumbnail.GetPixel(5, 15);

        Assert.That((int)red.Alpha, Is.EqualTo(alpha).Within(1));
        Assert.That(red.Red == red.Green && red.Green == red.Blue, Is.EqualTo(alpha == 255));
    }

    [Test]
    public void A_thumbnail_tells_nothing_of_the_camera()
    {
        var photograph = TestPicture.OfAnotherEncoder("upright.jpg");
        using var picture = Picture.Open(photograph);

        Assert.That(photograph.AsSpan().IndexOf("Exif"u8), Is.Positive);
        Assert.That(picture.MakeThumbnail(30).AsSpan().IndexOf("Exif"u8), Is.Negative);
    }

    [TestCase(600, 300, 256, 256, 128)]
    [TestCase(300, 600, 64, 32, 64)]
    [TestCase(10, 10, 64, 10, 10)]
    [TestCase(5000, 1, 32, 32, 1)]
    public void Thumbnails_keep_their_proportions_and_are_never_enlarged(int width, int height, int side, int expectedWidth, int expectedHeight)
    {
        using var picture = Picture.Open(TestPicture.Png(width, height));
        using var thumbnail = SKBitmap.Decode(picture.MakeThumbnail(side));
        Assert.That((thumbnail.Width, thumbnail.Height), Is.EqualTo((expectedWidth, expectedHeight)));
    }

    [Test]
    public void A_small_file_that_unfolds_to_gigabytes_is_refused_by_its_header()
    {
        var bomb = TestPicture.Bomb();
        var jpeg = TestPicture.OfAnotherEncoder("plain.jpg");
        BinaryPrimitives.WriteUInt32BigEndian(jpeg.AsSpan(jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]) + 5), 0xFFDC_FFDC);
        var webp = TestPicture.OfAnotherEncoder("plain.webp");
        BinaryPrimitives.WriteUInt32LittleEndian(webp.AsSpan(webp.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]) + 3), 0x3FFF_3FFF);

        Assert.That(bomb, Has.Length.LessThan(20_000));
        Assert.That(ErrorOf(bomb)?.Message, Is.EqualTo("The picture has 8192 × 8192 pixels; at most 8192 a side and 24000000 in all are read."));
        Assert.That(ErrorOf(jpeg)?.Message, Does.StartWith("The picture has 65500 × 65500 pixels; at most"));
        Assert.That(ErrorOf(webp)?.Message, Does.StartWith("The picture has 16383 × 16383 pixels; at most"));
    }

    [Test]
    public void A_jpeg_of_endlessly_many_passes_is_refused()
    {
        var file = TestPicture.OfAnotherEncoder("progressive.jpg");
        var pass = file.AsSpan(file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]))[..^2].ToArray();
        byte[] endless = [.. file[..^2], .. Enumerable.Repeat(pass, 100).SelectMany(bytes => bytes), .. file[^2..]];

        Assert.That(ErrorOf(file), Is.Null);
        Assert.That(ErrorOf(endless), Is.TypeOf<InvalidDataException>().With.Message.Contains("passes"));
    }

    [TestCaseSource(nameof(Formats))]
    public void What_is_cut_off_is_refused_with_a_reason(SKEncodedImageFormat format)
    {
        var good = TestPicture.Make(48, 48, format);
        for (var length = 0; length < good.Length - 24; length++) // what stands at the end of a PNG is no part of the picture
        {
            Assert.That(ErrorOf(good[..length]), Is.TypeOf<InvalidDataException>().With.Message.Not.Empty, $"{length} bytes");
        }
    }

    [TestCaseSource(nameof(Formats))]
    public void Random_damage_never_does_more_than_throw_InvalidDataException(SKEncodedImageFormat format)
    {
        var random = new Random(11);
        var good = TestPicture.Make(48, 48, format);
        for (var n = 0; n < 1000; n++)
        {
            var bad = good.ToArray();
            bad[random.Next(bad.Length)] ^= (byte)random.Next(1, 256);
            Assert.That(ErrorOf(bad), Is.Null.Or.TypeOf<InvalidDataException>());
        }
    }

    [Test]
    public void Other_kinds_are_refused_with_those_that_are_read() =>
        Assert.That(ErrorOf(TestPicture.OfAnotherEncoder("plain.gif")), Is.TypeOf<InvalidDataException>().With.Message.Contains("JPEG, PNG or WebP"));

    // What is lost by inks, by encoding two flat colours with a quality of 85, and by their edge.
    private static bool AreAlike(SKColor left, SKColor right) =>
        Math.Abs(left.Red - right.Red) + Math.Abs(left.Green - right.Green) + Math.Abs(left.Blue - right.Blue) <= 90;

    private static Exception? ErrorOf(byte[] file)
    {
        try
        {
            using var picture = Picture.Open(file);
            picture.MakeThumbnail(32);
            return null;
        }
        catch (Exception error)
        {
            return error; // judged by the caller
        }
    }
}
