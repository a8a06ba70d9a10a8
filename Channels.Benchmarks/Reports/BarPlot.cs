using System.Globalization;
using System.Net;
using System.Text;

namespace Channels.Benchmarks;

/// <summary>Horizontal bars as an SVG file: dark text on white, every bar labelled with its value.</summary>
internal sealed class BarPlot(string title, IReadOnlyList<BarPanel> panels)
{
    private const int Width = 860;
    private const int LabelWidth = 190;
    private const int ValueWidth = 90;
    private const int Row = 24;
    private const int PanelGap = 46;
    private const int Top = 44;

    internal string Write()
    {
        var height = Top + panels.Sum(static panel => PanelGap + panel.Bars.Count * Row) + 16;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" role=\"img\" font-family=\"sans-serif\" fill=\"#222\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Escape(title)}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"16\" y=\"28\" font-size=\"18\" font-weight=\"bold\">{Escape(title)}</text>\n");
        var y = Top;
        foreach (var panel in panels) y = Write(svg, panel, y);
        return svg.Append("</svg>\n").ToString();
    }

    private static int Write(StringBuilder svg, BarPanel panel, int y)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"16\" y=\"{y + 26}\" font-size=\"13\" fill=\"#444\">{Escape(panel.Title)}</text>\n");
        y += PanelGap - 8;
        var longest = panel.Bars.Max(static bar => bar.Value);
        foreach (var bar in panel.Bars)
        {
            var length = longest <= 0 ? 0 : bar.Value / longest * (Width - LabelWidth - ValueWidth - 32);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth}\" y=\"{y + 15}\" font-size=\"12\" text-anchor=\"end\">{Escape(bar.Label)}</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{LabelWidth + 8}\" y=\"{y + 2}\" width=\"{Math.Max(1, length):0.#}\" height=\"{Row - 7}\" rx=\"2\" fill=\"{Color(bar.Label)}\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth + 14 + length:0.#}\" y=\"{y + 15}\" font-size=\"12\">{MarkdownReport.Number(bar.Value)}</text>\n");
            y += Row;
        }

        return y + 8;
    }

    private static string Color(string label) =>
        label.StartsWith("channels ", StringComparison.Ordinal) ? "#1f6feb" : label == PeerCatalog.Limit ? "#8b949e" : "#c98a1b";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
