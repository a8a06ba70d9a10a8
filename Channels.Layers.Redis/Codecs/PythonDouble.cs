using System.Globalization;

namespace Channels.Layers.Redis;

/// <summary>Doubles as Python prints them: shortest round-trip digits, always with a point or an exponent.</summary>
internal static class PythonDouble
{
    public static string Format(double value)
    {
        if (double.IsNaN(value))
        {
            return "NaN";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "Infinity" : "-Infinity";
        }

        // .NET and Python agree on the digits but not on when to use an exponent, so the digits are taken apart.
        var shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 16; precision++)
        {
            var candidate = value.ToString("E" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (BitConverter.DoubleToInt64Bits(double.Parse(candidate, CultureInfo.InvariantCulture)) == BitConverter.DoubleToInt64Bits(value))
            {
                shortest = candidate;
                break;
            }
        }

        var sign = shortest[0] == '-' ? "-" : "";
        var mark = shortest.IndexOf('E', StringComparison.Ordinal);
        var digits = shortest[sign.Length..mark].Replace(".", "", StringComparison.Ordinal);
        var exponent = int.Parse(shortest.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return sign + Arrange(digits, exponent);
    }

    // Python: an exponent below -4 or from 16 on is written as one.
    private static string Arrange(string digits, int exponent) => exponent switch
    {
        < -4 or >= 16 => digits[..1] + (digits.Length > 1 ? "." + digits[1..] : "")
            + (exponent < 0 ? "e-" : "e+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture),
        < 0 => "0." + new string('0', -exponent - 1) + digits,
        _ when digits.Length > exponent + 1 => digits[..(exponent + 1)] + "." + digits[(exponent + 1)..],
        _ => digits.PadRight(exponent + 1, '0') + ".0",
    };
}
