namespace Thumbnails;

/// <summary>
/// Makes a smaller copy of a picture, row by row, so that progress can be told. Every pixel of the original counts by
/// the area it covers, so fine lines fade instead of breaking.
/// </summary>
internal sealed class Shrinking
{
    private readonly Picture _picture;
    private readonly Picture _small;
    private int _row;

    /// <summary>Begins a copy whose longer side has <paramref name="side"/> pixels; a smaller picture is not enlarged.</summary>
    public Shrinking(Picture picture, int side)
    {
        var scale = Math.Min(1.0, (double)side / Math.Max(picture.Width, picture.Height));
        var (width, height) = (Math.Max(1, (int)Math.Round(picture.Width * scale)), Math.Max(1, (int)Math.Round(picture.Height * scale)));
        _picture = picture;
        _small = new Picture(width, height, new byte[width * height * Picture.Channels]);
    }

    public bool IsDone => _row == _small.Height;

    /// <summary>How much is done, in percent.</summary>
    public int Percent => 100 * _row / _small.Height;

    public Picture Result => IsDone ? _small : throw new InvalidOperationException("Not all rows are done.");

    public void NextRow()
    {
        for (var x = 0; x < _small.Width; x++)
        {
            Average(x, _row, _small.Pixels.AsSpan(((_row * _small.Width) + x) * Picture.Channels, Picture.Channels));
        }

        _row++;
    }

    // Colours are weighted by their opacity: what cannot be seen must not tint its neighbours.
    private void Average(int x, int y, Span<byte> target)
    {
        var (left, right) = ((double)x * _picture.Width / _small.Width, (x + 1.0) * _picture.Width / _small.Width);
        var (top, bottom) = ((double)y * _picture.Height / _small.Height, (y + 1.0) * _picture.Height / _small.Height);
        double red = 0, green = 0, blue = 0, alpha = 0, area = 0;
        for (var row = (int)top; row < Math.Min(_picture.Height, bottom); row++)
        {
            var tall = Math.Min(row + 1, bottom) - Math.Max(row, top);
            for (var column = (int)left; column < Math.Min(_picture.Width, right); column++)
            {
                var share = tall * (Math.Min(column + 1, right) - Math.Max(column, left));
                var pixel = _picture.Pixels.AsSpan(((row * _picture.Width) + column) * Picture.Channels, Picture.Channels);
                var visible = share * pixel[3];
                red += visible * pixel[0];
                green += visible * pixel[1];
                blue += visible * pixel[2];
                alpha += visible;
                area += share;
            }
        }

        target[0] = alpha > 0 ? (byte)Math.Round(red / alpha) : (byte)0;
        target[1] = alpha > 0 ? (byte)Math.Round(green / alpha) : (byte)0;
        target[2] = alpha > 0 ? (byte)Math.Round(blue / alpha) : (byte)0;
        target[3] = area > 0 ? (byte)Math.Round(alpha / area) : (byte)0;
    }
}
